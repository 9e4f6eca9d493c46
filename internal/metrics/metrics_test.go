package metrics

import (
	"database/sql"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// scrape returns what Prometheus would read.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("got status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	m := New("1.2.3")
	m.Request("/families/:id", "GET", 200, 7*time.Millisecond)
	m.Request("/families/:id", "GET", 204, 70*time.Millisecond)
	m.Request("", "BREW", 418, time.Millisecond)
	m.Request("/x", "POST", 0, time.Millisecond)
	m.Fault("not_found")
	m.Save("family", true)
	m.Save("family", false)
	m.SignIn(false)
	m.DBWait("update", 3*time.Millisecond)
	m.DBRetry("update")
	m.Panic()
	endRequest := m.Begin()
	endJob := m.Job("recheck")
	m.Pool("read", func() sql.DBStats { return sql.DBStats{OpenConnections: 4, InUse: 3} })
	m.Pool("write", func() sql.DBStats { return sql.DBStats{OpenConnections: 1} })
	m.Gauge("muntija_queue_length", "Waiting jobs.", func() float64 { return 9 })
	wantAll(t, scrape(t, m),
		`muntija_build_info{version="1.2.3"} 1`,
		`muntija_http_request_seconds_count{method="GET",route="/families/:id",status="2xx"} 2`,
		`muntija_http_request_seconds_bucket{method="GET",route="/families/:id",status="2xx",le="0.01"} 1`,
		`muntija_http_request_seconds_count{method="other",route="none",status="4xx"} 1`,
		`muntija_http_request_seconds_count{method="POST",route="/x",status="other"} 1`,
		`muntija_faults_total{kind="not_found"} 1`,
		`muntija_saves_total{outcome="ok",thing="family"} 1`,
		`muntija_saves_total{outcome="failed",thing="family"} 1`,
		`muntija_sign_ins_total{outcome="failed"} 1`,
		`muntija_db_wait_seconds_bucket{operation="update",le="0.005"} 1`,
		`muntija_db_retries_total{operation="update"} 1`,
		`muntija_panics_total 1`,
		`muntija_http_requests_in_flight 1`,
		`muntija_jobs_running{job="recheck"} 1`,
		`muntija_db_connections_open{pool="read"} 4`,
		`muntija_db_connections_in_use{pool="read"} 3`,
		`muntija_db_connections_open{pool="write"} 1`,
		`muntija_queue_length 9`,
		`go_goroutines `, `process_resident_memory_bytes `)
	endRequest()
	endJob(true)
	wantAll(t, scrape(t, m), `muntija_http_requests_in_flight 0`, `muntija_jobs_running{job="recheck"} 0`,
		`muntija_job_seconds_count{job="recheck",outcome="ok"} 1`)
}

func wantAll(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line) {
			t.Errorf("no line %s", line)
		}
	}
}

func TestLabelsAreBounded(t *testing.T) {
	m := New("x")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range maxValues {
				m.Request(fmt.Sprintf("/%d/%d", w, i), "GET", 200, time.Millisecond)
			}
		})
	}
	wg.Wait()
	text := scrape(t, m)
	if got, want := strings.Count(text, "muntija_http_request_seconds_count{"), maxValues+1; got != want {
		t.Errorf("%d routes, want %d and other", got, want)
	}
	wantAll(t, text, fmt.Sprintf(`muntija_http_request_seconds_count{method="GET",route="other",status="2xx"} %d`, 3*maxValues))
}

func BenchmarkRequest(b *testing.B) {
	m := New("x")
	b.ReportAllocs()
	for b.Loop() {
		m.Request("/families/:id", "GET", 200, 7*time.Millisecond)
	}
}
