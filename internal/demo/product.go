package demo

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"muntija/internal/auth"
	"muntija/internal/intake"
	"muntija/internal/media"
	"muntija/internal/place"
	"muntija/internal/registry"
	"muntija/internal/store"
)

// good is a product that the demo's families make: names, materials and technique, price in Egyptian pounds, weight in grams, size, unit, HS code, and of
// food what its label says.
type good struct {
	ar, en, materials, technique string
	price, grams                 int
	size, unit, hs               string
	ingredients, allergens       string
	shelf                        int
}

var goods = map[string][]good{
	"TX": {{"شال نول يدوي", "Handloom shawl", "قطن وحرير", "نسيج على النول", 850, 260, "200 × 70 سم", "piece", "621490", "", "", 0},
		{"مفرش مائدة منسوج", "Woven tablecloth", "قطن مصري", "نسيج على النول", 1200, 900, "220 × 150 سم", "piece", "630251", "", "", 0},
		{"وسائد بدوية", "Bedouin cushions", "صوف", "نسيج أرضي", 650, 800, "45 × 45 سم", "pair", "940490", "", "", 0}},
	"CK": {{"كليم بزخارف هندسية", "Kilim with geometric pattern", "صوف طبيعي", "نول أفقي", 2800, 3200, "180 × 120 سم", "piece", "570210", "", "", 0},
		{"سجادة حرير صغيرة", "Small silk carpet", "حرير", "عقدة يدوية", 9500, 1800, "90 × 60 سم", "piece", "570190", "", "", 0},
		{"مشاية كليم", "Kilim runner", "صوف وقطن", "نول أفقي", 1900, 2500, "250 × 70 سم", "piece", "570210", "", "", 0}},
	"EM": {{"ثوب مطرز", "Embroidered dress", "كتان وخيوط قطن", "غرزة متقاطعة", 2400, 650, "مقاسات", "piece", "620442", "", "", 0},
		{"حقيبة تطريز", "Embroidered bag", "قماش وخيوط", "تطريز يدوي", 520, 300, "30 × 35 سم", "piece", "420222", "", "", 0},
		{"لوحة تُلّي", "Tally panel", "تل وشرائط معدن", "تُلّي", 780, 250, "50 × 40 سم", "piece", "581092", "", "", 0}},
	"KH": {{"لوحة خيامية بنجمة إسلامية", "Appliqué panel with star", "قطن", "ترقيع وإبرة", 1500, 700, "100 × 100 سم", "piece", "630492", "", "", 0},
		{"مفرش خيامية", "Appliqué bedspread", "قطن", "ترقيع وإبرة", 3600, 2100, "220 × 180 سم", "piece", "630419", "", "", 0}},
	"CL": {{"عباية مطرزة الأكمام", "Abaya with embroidered sleeves", "كريب", "خياطة وتطريز", 2600, 750, "مقاسات", "piece", "620443", "", "", 0},
		{"جلابية بيتي", "House galabiya", "قطن", "خياطة", 750, 480, "مقاسات", "piece", "620442", "", "", 0},
		{"دراعة بالزري", "Daraa with zari", "حرير صناعي وزري", "خياطة وتطريز", 3900, 820, "مقاسات", "piece", "620444", "", "", 0}},
	"CR": {{"مفرش كروشيه مستدير", "Round crochet doily", "خيط قطن", "كروشيه", 380, 180, "قطر 60 سم", "piece", "630251", "", "", 0},
		{"حقيبة مكرمية", "Macramé bag", "خيط قطن مجدول", "عقد المكرمية", 450, 320, "28 × 30 سم", "piece", "420229", "", "", 0}},
	"PT": {{"مزهرية فخار مرسومة", "Painted pottery vase", "طمي وأكاسيد", "دولاب الفخار", 620, 1900, "ارتفاع 32 سم", "piece", "691310", "", "", 0},
		{"طقم أطباق خزف", "Ceramic plate set", "خزف مزجج", "دولاب ورسم يدوي", 1450, 4200, "6 أطباق", "set", "691200", "", "", 0},
		{"قلة ماء", "Water jug", "طمي", "دولاب الفخار", 180, 1500, "ارتفاع 28 سم", "piece", "691390", "", "", 0}},
	"GL": {{"زجاجة نفخ ملونة", "Blown glass bottle", "زجاج معاد تدويره", "نفخ", 540, 900, "ارتفاع 25 سم", "piece", "701399", "", "", 0},
		{"طقم أكواب زجاج", "Set of glasses", "زجاج", "نفخ", 720, 1600, "6 أكواب", "set", "701337", "", "", 0}},
	"MT": {{"دلة نحاس منقوشة", "Engraved copper dallah", "نحاس", "طرق ونقش", 2900, 1400, "ارتفاع 30 سم", "piece", "741810", "", "", 0},
		{"فانوس نحاس", "Copper lantern", "نحاس وزجاج", "تفريغ يدوي", 1650, 1900, "ارتفاع 40 سم", "piece", "940550", "", "", 0}},
	"JW": {{"قلادة فضة بخرز", "Silver necklace with beads", "فضة وأحجار", "صياغة يدوية", 2200, 60, "طول 45 سم", "piece", "711311", "", "", 0},
		{"حلق فضة", "Silver earrings", "فضة عيار 925", "صياغة يدوية", 850, 12, "", "pair", "711311", "", "", 0}},
	"WD": {{"علبة أرابيسك مطعمة بالصدف", "Arabesque box with mother-of-pearl", "خشب زان وصدف", "تطعيم", 1350, 900, "25 × 18 سم", "piece", "442090", "", "", 0},
		{"حامل مصحف", "Book stand", "خشب", "حفر وتعشيق", 980, 1500, "35 × 25 سم", "piece", "442090", "", "", 0}},
	"LE": {{"حقيبة جلد بخياطة يدوية", "Hand-stitched leather bag", "جلد طبيعي", "خياطة يدوية", 2100, 850, "32 × 26 سم", "piece", "420221", "", "", 0},
		{"محفظة جلد", "Leather wallet", "جلد طبيعي", "خياطة يدوية", 420, 120, "", "piece", "420231", "", "", 0}},
	"PL": {{"سلة خوص بمقبض", "Palm basket with handle", "سعف النخيل", "جدل الخوص", 260, 500, "35 × 25 سم", "piece", "460212", "", "", 0},
		{"سفرة خوص ملونة", "Coloured palm mat", "سعف مصبوغ", "سفافة", 340, 600, "قطر 70 سم", "piece", "460129", "", "", 0}},
	"ST": {{"مزهرية ألباستر", "Alabaster vase", "ألباستر الأقصر", "نحت يدوي", 890, 2300, "ارتفاع 22 سم", "piece", "680291", "", "", 0},
		{"لوحة بردي", "Papyrus painting", "بردي طبيعي", "رسم يدوي", 350, 90, "40 × 30 سم", "piece", "970191", "", "", 0}},
	"PF": {{"دخون معطر", "Scented dukhoon", "عود ومسك وسكر", "خلط وتخمير", 960, 150, "", "jar", "330741", "عود، مسك، ماء ورد", "", 720},
		{"عطر زيتي", "Perfume oil", "زيوت عطرية", "تركيب", 780, 90, "12 مل", "bottle", "330300", "زيوت عطرية طبيعية", "", 1080}},
	"CO": {{"صابون زيت الزيتون", "Olive oil soap", "زيت زيتون وغار", "صابون على البارد", 95, 110, "", "piece", "340111", "زيت زيتون، زيت غار، ماء", "", 720},
		{"ملح استحمام سيوي", "Siwa bath salt", "ملح سيوة وأعشاب", "خلط", 180, 400, "", "jar", "330730", "ملح، لافندر", "", 720}},
	"FD": {{"عسل سدر", "Sidr honey", "عسل نحل", "فرز بارد", 480, 1100, "1 كغم", "jar", "040900", "عسل نحل طبيعي 100٪", "none", 730},
		{"تمر محشو بالمكسرات", "Dates stuffed with nuts", "تمر ولوز", "حشو يدوي", 290, 500, "", "box", "080410", "تمر، لوز، جوز", "nuts", 180},
		{"بهارات مشكلة", "Mixed spices", "بهارات مجففة", "تحميص وطحن", 120, 250, "", "jar", "091091", "كمون، كزبرة، فلفل، قرفة", "none", 365},
		{"مخلل ليمون", "Pickled lemon", "ليمون", "تخليل", 85, 700, "", "jar", "200190", "ليمون، ملح، فلفل", "none", 240}},
	"FF": {{"كعك العيد", "Eid biscuits", "دقيق وسمن", "خبز منزلي", 260, 1000, "1 كغم", "box", "190531", "دقيق، سمن، سكر، سمسم", "gluten,milk,sesame", 21},
		{"فطير مشلتت", "Feteer meshaltet", "دقيق وسمن بلدي", "خبز منزلي", 140, 900, "", "piece", "190590", "دقيق، سمن، ملح", "gluten,milk", 3},
		{"حلوى خنفروش", "Khanfaroosh sweets", "بيض وهيل", "قلي", 220, 500, "", "box", "190590", "طحين، بيض، هيل، زعفران", "gluten,eggs", 5}},
	"AR": {{"لوحة خط عربي", "Arabic calligraphy panel", "ورق وحبر", "خط يدوي", 1100, 500, "50 × 50 سم", "piece", "970191", "", "", 0},
		{"صندوق هدايا", "Gift box", "ورق مقوى وشريط", "تغليف يدوي", 240, 350, "", "box", "481950", "", "", 0}},
	"TO": {{"عروسة قماش", "Rag doll", "قماش وقطن", "خياطة وتطريز", 210, 220, "30 سم", "piece", "950300", "", "", 0},
		{"عروسة المولد", "Mawlid doll", "قماش وورق", "خياطة", 320, 380, "40 سم", "piece", "950300", "", "", 0}},
	"AG": {{"أصيص ورد بلدي", "Potted roses", "شتلة وتربة", "زراعة منزلية", 160, 2500, "", "piece", "060240", "", "", 0}},
}

// inEnglish are the materials and techniques of goods.
var inEnglish = map[string]string{
	"قطن وحرير":        "cotton and silk",
	"نسيج على النول":   "loom weaving",
	"قطن مصري":         "Egyptian cotton",
	"صوف":              "wool",
	"نسيج أرضي":        "ground loom",
	"صوف طبيعي":        "natural wool",
	"نول أفقي":         "horizontal loom",
	"حرير":             "silk",
	"عقدة يدوية":       "hand-knotted",
	"صوف وقطن":         "wool and cotton",
	"كتان وخيوط قطن":   "linen and cotton thread",
	"غرزة متقاطعة":     "cross stitch",
	"قماش وخيوط":       "cloth and thread",
	"تطريز يدوي":       "hand embroidery",
	"تل وشرائط معدن":   "tulle and metal strips",
	"تُلّي":            "tally",
	"قطن":              "cotton",
	"ترقيع وإبرة":      "appliqué",
	"كريب":             "crêpe",
	"خياطة وتطريز":     "sewing and embroidery",
	"خياطة":            "sewing",
	"حرير صناعي وزري":  "rayon and zari",
	"خيط قطن":          "cotton thread",
	"كروشيه":           "crochet",
	"خيط قطن مجدول":    "twisted cotton cord",
	"عقد المكرمية":     "macramé knots",
	"طمي وأكاسيد":      "clay and oxides",
	"دولاب الفخار":     "potter's wheel",
	"خزف مزجج":         "glazed ceramic",
	"دولاب ورسم يدوي":  "wheel and hand painting",
	"طمي":              "clay",
	"زجاج معاد تدويره": "recycled glass",
	"نفخ":              "blowing",
	"زجاج":             "glass",
	"نحاس":             "copper",
	"طرق ونقش":         "hammering and engraving",
	"نحاس وزجاج":       "copper and glass",
	"تفريغ يدوي":       "hand piercing",
	"فضة وأحجار":       "silver and stones",
	"صياغة يدوية":      "silversmithing",
	"فضة عيار 925":     "sterling silver",
	"خشب زان وصدف":     "beech and mother-of-pearl",
	"تطعيم":            "inlay",
	"خشب":              "wood",
	"حفر وتعشيق":       "carving and joinery",
	"جلد طبيعي":        "natural leather",
	"خياطة يدوية":      "hand stitching",
	"سعف النخيل":       "palm leaves",
	"جدل الخوص":        "palm plaiting",
	"سعف مصبوغ":        "dyed palm leaves",
	"سفافة":            "safafa plaiting",
	"ألباستر الأقصر":   "Luxor alabaster",
	"نحت يدوي":         "hand carving",
	"بردي طبيعي":       "natural papyrus",
	"رسم يدوي":         "hand painting",
	"عود ومسك وسكر":    "oud, musk and sugar",
	"خلط وتخمير":       "blending and ageing",
	"زيوت عطرية":       "fragrant oils",
	"تركيب":            "blending",
	"زيت زيتون وغار":   "olive and laurel oil",
	"صابون على البارد": "cold process",
	"ملح سيوة وأعشاب":  "Siwa salt and herbs",
	"خلط":              "mixing",
	"عسل نحل":          "bees' honey",
	"فرز بارد":         "cold extraction",
	"تمر ولوز":         "dates and almonds",
	"حشو يدوي":         "filled by hand",
	"بهارات مجففة":     "dried spices",
	"تحميص وطحن":       "roasting and grinding",
	"ليمون":            "lemon",
	"تخليل":            "pickling",
	"دقيق وسمن":        "flour and ghee",
	"خبز منزلي":        "home baking",
	"دقيق وسمن بلدي":   "flour and country ghee",
	"بيض وهيل":         "egg and cardamom",
	"قلي":              "frying",
	"ورق وحبر":         "paper and ink",
	"خط يدوي":          "hand lettering",
	"ورق مقوى وشريط":   "card and ribbon",
	"تغليف يدوي":       "hand wrapping",
	"قماش وقطن":        "cloth and cotton",
	"قماش وورق":        "cloth and paper",
	"شتلة وتربة":       "seedling and soil",
	"زراعة منزلية":     "home growing",
}

var texts = [][2]string{
	{"صنعته الأسرة كاملًا في بيتها، وتتوارثه من جيل إلى جيل. كل قطعة تختلف قليلًا عن أختها.", "Made at home from beginning to end, as handed down in the family. No two pieces are quite alike."},
	{"خامات محلية مختارة وعمل يدوي متأنٍّ، ويمكن طلبه بألوان ومقاسات أخرى.", "Chosen local materials and unhurried handwork. Other colours and sizes can be ordered."},
	{"من أكثر ما يُطلب في المعارض، ويُغلَّف في علبة تصلح هدية.", "One of the most asked for at exhibitions, packed in a box fit for a gift."},
}

// products plans what an approved family of every few offers: three to five products on their way through the committee.
func (x *life) products(decide time.Time) {
	list := goods[x.rec.Project.Craft]
	if x.i%5 != 0 && x.i%5 != 4 && x.i%7 != 2 || len(list) == 0 {
		return
	}
	n := 3 + x.i%3
	for k := range n {
		at := decide.Add(time.Duration(26+k*5) * time.Hour)
		if k >= 2 && x.i%3 == 0 { // some are new
			at = x.l.now.Add(-time.Duration(30+k*9+x.i%40) * time.Hour)
		}
		if at.After(x.l.now.Add(-30*time.Hour)) || at.Before(decide) {
			continue
		}
		x.product(list[(x.i+k)%len(list)], k, at)
	}
}

// product plans one product up to where it stands today.
func (x *life) product(g good, k int, at time.Time) {
	fate := (x.i*3 + k*5) % 13
	var id int64
	craft := x.rec.Project.Craft
	x.at(at, func(ctx context.Context) error {
		var err error
		id, err = x.l.svc.Products.Save(ctx, x.worker, x.id, 0, x.form(g, k), x.l.write(0))
		if err != nil {
			return err
		}
		for p := range 1 + (x.i+k)%2 {
			if _, err := x.l.svc.Products.AddPhoto(ctx, x.worker, id, x.l.photo(craft, x.i+k+p), x.l.write(0)); err != nil {
				return err
			}
		}
		if fate == 7 { // still a draft
			return nil
		}
		return x.productStep(ctx, id, registry.ProductSubmit)
	})
	if fate == 7 {
		return
	}
	members := []auth.Actor{x.l.who(x.party, auth.Reviewer, "", x.i), x.l.who(x.party, auth.Coordinator, "", 0)}
	waits := fate == 3 || fate == 10
	for m, member := range members {
		if waits && m == 1 {
			return
		}
		x.at(at.Add(time.Duration(20+m)*time.Hour), func(ctx context.Context) error {
			return x.score(ctx, member, id, m, fate == 5)
		})
	}
	x.at(at.Add(23*time.Hour), func(ctx context.Context) error {
		v, err := x.productVersion(ctx, id)
		if err != nil {
			return err
		}
		_, err = x.l.svc.Products.Decide(ctx, members[1], id, x.l.write(v))
		return err
	})
}

func (x *life) form(g good, k int) intake.Product {
	price := g.price
	if x.party == place.Qatar {
		price = max(15, g.price/12/5*5)
	}
	text := texts[(x.i+k)%len(texts)]
	in := intake.Product{NameAR: g.ar, NameEN: g.en, Craft: x.rec.Project.Craft, DescriptionAR: text[0], DescriptionEN: text[1], Materials: g.materials, MaterialsEN: inEnglish[g.materials], Technique: g.technique,
		TechniqueEN: inEnglish[g.technique],
		Handmade:    strconv.Itoa(80 + (x.i+k)%5*5), OriginArea: x.rec.Address.Area, Unit: g.unit, Size: g.size, Weight: strconv.Itoa(g.grams), Price: strconv.Itoa(price),
		Capacity: strconv.Itoa(10 + (x.i*7+k)%60), LeadDays: strconv.Itoa(2 + (x.i+k)%12), HSCode: g.hs, Ingredients: g.ingredients, MadeIn: "yes"}
	if g.shelf > 0 {
		in.ShelfDays = strconv.Itoa(g.shelf)
	}
	if g.allergens != "" {
		in.Allergens = strings.Split(g.allergens, ",")

	}
	return in
}

func (x *life) productVersion(ctx context.Context, id int64) (version int64, err error) {
	err = x.l.db.View(ctx, func(tx *store.Tx) error {
		p, err := tx.ProductByID(store.Scope{Party: x.party}, id)
		if err == nil {
			version = p.Version
		}
		return err
	})
	return version, err
}

func (x *life) productStep(ctx context.Context, id int64, step registry.ProductStep) error {
	v, err := x.productVersion(ctx, id)
	if err != nil {
		return err
	}
	return x.l.svc.Products.Do(ctx, x.worker, id, step, "", x.l.write(v))
}

// score gives a member's points; a poor product is told why.
func (x *life) score(ctx context.Context, member auth.Actor, id int64, m int, poor bool) error {
	v, err := x.productVersion(ctx, id)
	if err != nil {
		return err
	}
	values := map[string][]string{}
	for n, item := range registry.DefaultScoreSheet(x.party).Items {
		points := 3 + (x.i+n+m)%3
		if poor {
			points = 1 + (n+m)%2
			values["note"] = []string{"التشطيب يحتاج إلى عناية، والتغليف لا يحمي القطعة."}
		}
		values["points["+item.Code+"]"] = []string{strconv.Itoa(points)}
	}
	return x.l.svc.Products.Score(ctx, member, id, values, x.l.write(v))
}

// variants is how many pictures a craft has: drawing one takes a hundred times as long as keeping it.
const variants = 3

// draw begins to draw the pictures of all crafts beside the loading, which waits for the disk most of the time.
func (l *loader) draw() {
	l.photos = map[string]func() *media.File{}
	var all []func() *media.File
	for _, c := range registry.Crafts() {
		if len(goods[c.Code]) == 0 {
			continue
		}
		for n := range uint64(variants) {
			f := sync.OnceValue(func() *media.File { return drawProduct(c.Code, n) })
			l.photos[c.Code+strconv.FormatUint(n, 10)] = f
			all = append(all, f)
		}
	}
	go func() {
		for _, f := range all {
			f()
		}
	}()
}

func (l *loader) photo(craft string, n int) *media.File {
	return l.photos[craft+strconv.Itoa(n%variants)]()
}
