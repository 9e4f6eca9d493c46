package render

import "strings"

// What a User-Agent header (RFC 9110, section 10.1.5) is told by, the more special first: Edge calls itself Chrome too, and Chrome Safari.
var (
	agentBrowsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
		{"HeadlessChrome/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	agentSystems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// agentName is the browser and the system of a User-Agent header in a few words, for people to know their devices by: "Chrome · Android". What is not known
// is shown as it came, cut.
func agentName(ua string) string {
	first := func(table [][2]string) string {
		for _, row := range table {
			if strings.Contains(ua, row[0]) {
				return row[1]
			}
		}
		return ""
	}
	switch browser, system := first(agentBrowsers), first(agentSystems); {
	case browser != "" && system != "":
		return browser + " · " + system
	case len(ua) > 60:
		return strings.ToValidUTF8(ua[:60], "") + "…"
	}
	return ua
}
