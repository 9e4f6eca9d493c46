// Package config holds the settings of the program: one table, from which the command line makes its flags, the environment its variables
// and "muntija config" its print-out. A flag beats a variable beats the default.
package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Setting is one line of the table.
type Setting struct {
	Flag    string // long flag, such as "addr"
	Env     string // environment variable, such as "MUNTIJA_ADDR"
	Default string
	Usage   string // one English sentence
	Secret  bool   // shown as "***" when set
}

// Settings returns the table in the order of display.
func Settings() []Setting { return settings }

var settings = []Setting{
	{Flag: "addr", Env: "MUNTIJA_ADDR", Default: "127.0.0.1:8080", Usage: "address and port the pages are served on; port 0 picks a free one"},
	{Flag: "metrics-addr", Env: "MUNTIJA_METRICS_ADDR", Default: "", Usage: "address and port of /metrics, apart from the pages; empty: off"},
	{Flag: "data", Env: "MUNTIJA_DATA", Default: "data", Usage: "folder of the embedded database and the key file, made when missing"},
	{Flag: "db", Env: "MUNTIJA_DB", Default: "", Usage: "database: a path, or postgres://user@host/name; empty: muntija.db in the data folder", Secret: true},
	{Flag: "keys", Env: "MUNTIJA_KEYS", Default: "", Usage: "key file that protects identity numbers at rest; empty: muntija.keys in the data folder"},
	{Flag: "base-url", Env: "MUNTIJA_BASE_URL", Default: "", Usage: "address people reach the service at, such as https://muntija.example; empty: http:// and the listening address"},
	{Flag: "trusted-proxies", Env: "MUNTIJA_TRUSTED_PROXIES", Default: "", Usage: "comma-separated addresses or ranges whose X-Forwarded-For is believed"},
	{Flag: "log-level", Env: "MUNTIJA_LOG_LEVEL", Default: "info", Usage: "debug, info, warn or error"},
	{Flag: "log-format", Env: "MUNTIJA_LOG_FORMAT", Default: "text", Usage: "text or json"},
	{Flag: "security-contact", Env: "MUNTIJA_SECURITY_CONTACT", Default: "", Usage: "mailto: or https: address for security.txt; empty: no security.txt"},
	{Flag: "chromium", Env: "MUNTIJA_CHROMIUM", Default: "auto", Usage: "program that makes PDFs of the printed catalogue: a path, auto (looked for), or off"},
	{Flag: "keep-uploads", Env: "MUNTIJA_KEEP_UPLOADS", Default: "30", Usage: "days for which an uploaded roster is kept that nobody confirms"},
	{Flag: "hook-allow", Env: "MUNTIJA_HOOK_ALLOW", Default: "", Usage: "comma-separated ranges of addresses inside the office's network that events may be sent to, also by http; empty: public addresses only"},
	{Flag: "message-dir", Env: "MUNTIJA_MESSAGE_DIR", Default: "", Usage: "folder in which SMS and WhatsApp messages are laid for a gateway, one file each; empty: they wait"},
	{Flag: "smtp", Env: "MUNTIJA_SMTP", Default: "", Usage: "mail server, such as smtp.example:587 (STARTTLS) or smtp.example:465 (TLS); empty: e-mail waits"},
	{Flag: "smtp-from", Env: "MUNTIJA_SMTP_FROM", Default: "", Usage: "address that e-mail comes from, such as Muntija <no-reply@muntija.example>"},
	{Flag: "smtp-user", Env: "MUNTIJA_SMTP_USER", Default: "", Usage: "name for signing in to the mail server; empty: no sign-in"},
	{Flag: "smtp-password", Env: "MUNTIJA_SMTP_PASSWORD", Default: "", Usage: "password for signing in to the mail server; better given by the variable", Secret: true},
	{Flag: "shutdown-grace", Env: "MUNTIJA_SHUTDOWN_GRACE", Default: "15s", Usage: "how long a stop waits for requests under way"},
	{Flag: "request-timeout", Env: "MUNTIJA_REQUEST_TIMEOUT", Default: "20s", Usage: "how long one request may take"},
}

// Config is the settings of one run, checked.
type Config struct {
	Addr            string
	MetricsAddr     string
	Data            string
	DB              string // never empty
	Keys            string // never empty
	BaseURL         string // without a slash at the end; may be empty until the listener is known
	TrustedProxies  []string
	LogLevel        string
	LogFormat       string
	SecurityContact string
	Chromium        string        // "auto", "off" or a path
	KeepUploads     time.Duration // whole days
	HookAllow       []netip.Prefix
	MessageDir      string
	SMTP            string // host:port
	SMTPFrom        string
	SMTPUser        string
	SMTPPassword    string
	ShutdownGrace   time.Duration
	RequestTimeout  time.Duration
}

// Secure reports whether people reach the service over https: then cookies are Secure and HSTS is sent.
func (c *Config) Secure() bool { return strings.HasPrefix(c.BaseURL, "https://") }

// Load reads the settings through value, which returns the text given for a flag name (from a flag or the environment) and whether there
// was one. It returns an error that names the flag and the variable of the first bad value.
func Load(value func(flag string) (string, bool)) (*Config, error) {
	get := func(flag string) string {
		if v, ok := value(flag); ok {
			return strings.TrimSpace(v)
		}
		for _, s := range settings {
			if s.Flag == flag {
				return s.Default
			}
		}
		panic("config: no setting " + flag)
	}
	bad := func(flag, why string) error {
		for _, s := range settings {
			if s.Flag == flag {
				return fmt.Errorf("--%s (%s): %s", flag, s.Env, why)
			}
		}
		return fmt.Errorf("--%s: %s", flag, why)
	}
	c := &Config{Addr: get("addr"), MetricsAddr: get("metrics-addr"), Data: get("data"), DB: get("db"), Keys: get("keys"),
		LogLevel: get("log-level"), LogFormat: get("log-format"), SecurityContact: get("security-contact"), Chromium: get("chromium")}
	if c.Data == "" {
		return nil, bad("data", "must name a folder")
	}
	if c.DB == "" {
		c.DB = filepath.Join(c.Data, "muntija.db")
	}
	if c.Keys == "" {
		c.Keys = filepath.Join(c.Data, "muntija.keys")
	}
	if b := get("base-url"); b != "" {
		u, err := url.Parse(b)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return nil, bad("base-url", fmt.Sprintf("%q is not an address such as https://muntija.example", b))
		}
		c.BaseURL = u.Scheme + "://" + u.Host
	}
	for p := range strings.SplitSeq(get("trusted-proxies"), ",") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		if _, err := netip.ParseAddr(p); err != nil {
			if _, err := netip.ParsePrefix(p); err != nil {
				return nil, bad("trusted-proxies", fmt.Sprintf("%q is neither an address nor a range", p))
			}
		}
		c.TrustedProxies = append(c.TrustedProxies, p)
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		return nil, bad("log-level", "must be debug, info, warn or error")
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return nil, bad("log-format", "must be text or json")
	}
	if s := c.SecurityContact; s != "" && !strings.HasPrefix(s, "mailto:") && !strings.HasPrefix(s, "https://") {
		return nil, bad("security-contact", "must start with mailto: or https://")
	}
	for p := range strings.SplitSeq(get("hook-allow"), ",") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		r, err := netip.ParsePrefix(p)
		if err != nil {
			addr, err := netip.ParseAddr(p)
			if err != nil {
				return nil, bad("hook-allow", fmt.Sprintf("%q is neither an address nor a range", p))
			}
			r = netip.PrefixFrom(addr, addr.BitLen())
		}
		c.HookAllow = append(c.HookAllow, r.Masked())
	}
	c.MessageDir, c.SMTP, c.SMTPFrom, c.SMTPUser, c.SMTPPassword = get("message-dir"), get("smtp"), get("smtp-from"), get("smtp-user"), get("smtp-password")
	if c.SMTP != "" {
		if _, _, err := net.SplitHostPort(c.SMTP); err != nil {
			return nil, bad("smtp", "must be a host and a port, such as smtp.example:587")
		}
		if _, err := mail.ParseAddress(c.SMTPFrom); err != nil {
			return nil, bad("smtp-from", "must be an e-mail address when --smtp is given")
		}
	}
	days, err := strconv.Atoi(get("keep-uploads"))
	if err != nil || days < 1 || days > 3650 {
		return nil, bad("keep-uploads", "must be a number of days from 1 to 3650")
	}
	c.KeepUploads = time.Duration(days) * 24 * time.Hour
	if c.ShutdownGrace, err = time.ParseDuration(get("shutdown-grace")); err != nil || c.ShutdownGrace < 0 {
		return nil, bad("shutdown-grace", "must be a duration such as 15s")
	}
	if c.RequestTimeout, err = time.ParseDuration(get("request-timeout")); err != nil || c.RequestTimeout < time.Second {
		return nil, bad("request-timeout", "must be a duration of at least 1s")
	}
	return c, nil
}

// Redact returns a database address without its password, for logs and "muntija config".
func Redact(db string) string {
	if u, err := url.Parse(db); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			u.User = url.UserPassword(u.User.Username(), "***")
		}
		return u.String()
	}
	return db
}
