package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func load(m map[string]string) (*Config, error) {
	return Load(func(flag string) (string, bool) { v, ok := m[flag]; return v, ok })
}

func TestDefaults(t *testing.T) {
	got, err := load(nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join("data", "muntija.db"); got.DB != want {
		t.Errorf("DB = %q, want %q", got.DB, want)
	}
	if want := filepath.Join("data", "muntija.keys"); got.Keys != want {
		t.Errorf("Keys = %q, want %q", got.Keys, want)
	}
	if got.ShutdownGrace != 15*time.Second || got.Secure() {
		t.Errorf("ShutdownGrace = %v, Secure = %v; want 15s, false", got.ShutdownGrace, got.Secure())
	}
}

func TestBadValuesNameTheFlagAndTheVariable(t *testing.T) {
	for flag, value := range map[string]string{
		"base-url": "ftp://x", "trusted-proxies": "10.0.0.1,proxy", "log-level": "loud", "log-format": "xml", "security-contact": "me@x.org",
		"keep-uploads": "0", "shutdown-grace": "soon", "request-timeout": "1ms", "data": " ",
	} {
		_, err := load(map[string]string{flag: value})
		if err == nil {
			t.Errorf("%s=%q was taken", flag, value)
			continue
		}
		env := "MUNTIJA_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
		if !strings.Contains(err.Error(), "--"+flag) || !strings.Contains(err.Error(), env) {
			t.Errorf("%s=%q: error %q names neither --%s nor %s", flag, value, err, flag, env)
		}
	}
}

func TestBaseURL(t *testing.T) {
	got, err := load(map[string]string{"base-url": "https://muntija.example/"})
	if err != nil {
		t.Fatal(err)
	}
	if got.BaseURL != "https://muntija.example" || !got.Secure() {
		t.Errorf("BaseURL = %q, Secure = %v", got.BaseURL, got.Secure())
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"postgres://me:secret@db/muntija": "postgres://me:%2A%2A%2A@db/muntija",
		"postgres://me@db/muntija":        "postgres://me@db/muntija",
		"data/muntija.db":                 "data/muntija.db",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}
