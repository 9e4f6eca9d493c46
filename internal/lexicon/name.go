package lexicon

import "slices"

// knownNames are Latin spellings that no rule of sound.go explains, or that stand for one name before all others that sound so; to flat words. The spellings
// are those of passports, lists and chats.
var knownNames = func() map[string][]string {
	out := map[string][]string{}
	for name, spellings := range map[string][]string{
		"محمد":       {"mohamed", "mohammed", "mohammad", "mohamad", "muhammad", "muhammed", "muhamad", "muhamed", "mohd", "mhd", "mohamd", "mohmed", "mohamet", "mo7amed"},
		"احمد":       {"ahmad", "ahmed", "ahamed", "ahmet", "a7med"},
		"محمود":      {"mahmoud", "mahmood", "mahmud", "mahmod"},
		"عمرو":       {"amr", "amro", "amrou"},
		"عبده":       {"abdo", "abdou", "abdu", "abduh"},
		"عبدالله":    {"abdallah", "abdullah", "abdalla", "abdulla", "abdala", "abdoullah"},
		"ايه":        {"aya", "ayah", "aia", "ayat"},
		"يحيي":       {"yahya", "yahia", "yehia", "yehya", "yihya"},
		"عيسي":       {"eissa", "issa", "isa", "essa", "eisa"},
		"موسي":       {"moussa", "mousa", "musa", "moses"},
		"مي":         {"mai", "may", "mayy", "maiy"},
		"مها":        {"maha"},
		"علا":        {"ola", "oula", "ula"},
		"عليا":       {"alia", "alyaa", "aliaa", "alya"},
		"يوسف":       {"joseph", "youssef", "yousef", "yusuf", "yousif", "youssif", "yosef"},
		"مريم":       {"mary", "mariam", "maryam", "miriam", "meriam", "mariem"},
		"ماري":       {"mary", "marie", "mari"},
		"جورج":       {"george", "georges", "gorge"},
		"داود":       {"david", "dawood", "dawoud", "daoud", "dawod"},
		"ابراهيم":    {"abraham", "ibrahim", "ebrahim", "ibrahem", "brahim"},
		"اسماعيل":    {"ishmael", "ismail", "ismael", "esmail"},
		"سليمان":     {"solomon", "soliman", "suleiman", "sulaiman", "seliman"},
		"يعقوب":      {"jacob", "yaqoub", "yacoub", "yaakoub"},
		"حوا":        {"eva", "hawa", "hawwa"},
		"مايكل":      {"michael", "maikel"},
		"ميخايل":     {"michael", "mikhail", "mikhael"},
		"بيتر":       {"peter", "beter"},
		"بولس":       {"paul", "boules", "bolos"},
		"مرقس":       {"mark", "morcos", "morkos"},
		"لوقا":       {"luke", "luka", "loka"},
		"حنا":        {"john", "hanna", "henna"},
		"يوحنا":      {"john", "yohanna", "youhanna"},
		"ساره":       {"sara", "sarah", "sarra"},
		"هاجر":       {"hagar", "hajar", "hager"},
		"حسين":       {"hussein", "hussain", "husain", "hossein", "hosein", "houssein", "hussin"},
		"حسن":        {"hassan", "hasan"},
		"الشيخ":      {"sheikh", "shaikh", "elsheikh", "alsheikh"},
		"شيخ":        {"sheikh", "shaikh"},
		"ثاني":       {"thani", "thany"},
		"لولو":       {"lolwa", "lulu"},
		"لولوه":      {"lolwa", "lulwa", "lulwah", "loulwa"},
		"رويه":       {"roaa"},
		"سعاد":       {"soad", "souad", "suad", "soaad"},
		"سيد":        {"sayed", "sayyed", "sayyid", "syed", "elsayed", "sayid"},
		"السيد":      {"elsayed", "alsayed", "sayed", "elsaid"},
		"سعيد":       {"saeed", "said", "saied", "saiid"},
		"نعيمه":      {"naima", "naeema", "naemah"},
		"عايشه":      {"aisha", "aysha", "aicha", "aesha", "ayesha", "eisha"},
		"خديجه":      {"khadija", "khadiga", "khadeeja", "khadeja", "5adiga"},
		"ضحي":        {"doha", "duha"},
		"رويدا":      {"rowaida", "roida"},
		"هويدا":      {"howaida", "hoida", "huwaida"},
		"سهير":       {"soheir", "suhair", "sohair"},
		"سمير":       {"samir", "sameer"},
		"نهي":        {"noha", "nuha"},
		"مني":        {"mona", "muna"},
		"هدي":        {"hoda", "huda"},
		"مصطفي":      {"mostafa", "mustafa", "moustafa", "mustapha"},
		"مرتضي":      {"mortada", "murtada"},
		"عطا":        {"atta", "ata"},
		"رضا":        {"reda", "rida", "ridha"},
		"راضي":       {"rady", "radi", "radhi"},
		"حذيفه":      {"hozaifa", "huthaifa", "huzaifa"},
		"قطر":        {"qatar"},
		"مصر":        {"egypt", "misr", "masr"},
		"القاهره":    {"cairo", "elqahera"},
		"الجيزه":     {"giza", "elgiza"},
		"الدوحه":     {"doha", "addoha"},
		"الاسكندريه": {"alexandria", "alex"},
		"اسوان":      {"aswan"},
		"الاقصر":     {"luxor"},
		"الفيوم":     {"fayoum", "faiyum"},
	} {
		for _, s := range spellings {
			out[s] = append(out[s], name)
		}
	}
	for s := range out {
		slices.Sort(out[s])
	}
	return out
}()

// tableNames are the names that knownNames leads to.
var tableNames = func() map[string]bool {
	out := map[string]bool{}
	for _, names := range knownNames {
		for _, n := range names {
			out[n] = true
		}
	}
	return out
}()
