package sheet

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// The letters that Arabic presentation forms stand for (Unicode 16, compatibility decompositions), in the order of the code points; a point is a form
// that stays. A text copied out of a PDF is full of them.
const (
	formsA = `ٱ ٱ ٻ ٻ ٻ ٻ پ پ پ پ ڀ ڀ ڀ ڀ ٺ ٺ ٺ ٺ ٿ ٿ ٿ ٿ ٹ ٹ ٹ ٹ ڤ ڤ ڤ ڤ ڦ ڦ ڦ ڦ ڄ ڄ ڄ ڄ ڃ ڃ ڃ ڃ چ چ چ چ ڇ ڇ ڇ ڇ ڍ ڍ ڌ ڌ ڎ ڎ ڈ ڈ ژ ژ ڑ ڑ ک ک ک ک گ گ گ گ ڳ ڳ ڳ ڳ ڱ ڱ ڱ ڱ ں ں ڻ ڻ ڻ ڻ ۀ ۀ ہ ہ ہ ہ ھ ھ ھ ھ ے ے ۓ ۓ`                                                                                                     // from U+FB50
	formsB = `ً ـً ٌ . ٍ . َ ـَ ُ ـُ ِ ـِ ّ ـّ ْ ـْ ء آ آ أ أ ؤ ؤ إ إ ئ ئ ئ ئ ا ا ب ب ب ب ة ة ت ت ت ت ث ث ث ث ج ج ج ج ح ح ح ح خ خ خ خ د د ذ ذ ر ر ز ز س س س س ش ش ش ش ص ص ص ص ض ض ض ض ط ط ط ط ظ ظ ظ ظ ع ع ع ع غ غ غ غ ف ف ف ف ق ق ق ق ك ك ك ك ل ل ل ل م م م م ن ن ن ن ه ه ه ه و و ى ى ي ي ي ي لآ لآ لأ لأ لإ لإ لا لا` // from U+FE70
)

var forms = sync.OnceValue(func() map[rune]string {
	m := map[rune]string{'ﷲ': "الله", 'ﷳ': "أكبر", 'ﷴ': "محمد"}
	for first, text := range map[rune]string{0xFB50: formsA, 0xFE70: formsB} {
		for i, s := range strings.Fields(text) {
			if s != "." {
				m[first+rune(i)] = s
			}
		}
	}
	return m
})

// letters returns s with presentation forms as the letters they show. A text without any, nearly every one, is returned as it is.
func letters(s string) string {
	from := strings.IndexByte(s, 0xEF) // the first byte of U+F000 to U+FFFF
	if from < 0 {
		return s
	}
	table := forms()
	var b strings.Builder
	b.WriteString(s[:from])
	for _, r := range s[from:] {
		if t, ok := table[r]; ok {
			b.WriteString(t)
		} else if r != utf8.RuneError {
			b.WriteRune(r)
		} else {
			b.WriteString("\uFFFD")
		}
	}
	return b.String()
}
