// Package metrics counts what the program does, for Prometheus. It is the only door for client_golang.
//
// Make one [Metrics] at start, hand it to whoever has something to count, and serve [Metrics.Handler] on the separate listener.
//
// # Design
//
// Every instance has its own registry, so that two servers in one test do not meet. Labels are few and closed: a route is its template
// ("/families/:id"), a status its class ("4xx"), an outcome a short word of ours. Nothing that a person typed, and no
// name, id, address or full path ever becomes a label: metrics are kept longer and read by more people than the registry is.
// As a second net a label that is new after [maxValues] different ones is counted as "other", so that a mistake in a caller cannot fill memory.
//
// # Limits
//
// Counts start at zero when the program starts; Prometheus's rate() expects that. Quantiles are estimates inside the buckets.
package metrics

import (
	"database/sql"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxValues is how many different values one label may take before further ones become "other".
const maxValues = 400

// Buckets in seconds. Requests are aimed at 50 ms and saves at 60 ms, so the edges are dense around those.
var (
	requestBuckets = []float64{.001, .0025, .005, .01, .02, .03, .04, .05, .06, .08, .1, .2, .5, 1, 2.5, 10}
	waitBuckets    = []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5}
	jobBuckets     = []float64{.1, .5, 1, 5, 15, 60, 300, 900, 3600}
)

// Metrics holds the counters of one running program. It is safe for use by several goroutines.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	inFlight prometheus.Gauge
	faults   *prometheus.CounterVec
	saves    *prometheus.CounterVec
	signIns  *prometheus.CounterVec
	jobs     *prometheus.HistogramVec
	running  *prometheus.GaugeVec
	dbWait   *prometheus.HistogramVec
	dbRetry  *prometheus.CounterVec
	panics   prometheus.Counter

	routes, kinds, things, tasks, operations closed
}

// New returns metrics at zero. Version is shown as the label of muntija_build_info.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "muntija_http_request_seconds",
			Help: "Time to answer a request, by route template, method and class of status.", Buckets: requestBuckets}, []string{"route", "method", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "muntija_http_requests_in_flight", Help: "Requests being answered now."}),
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muntija_faults_total",
			Help: "Requests that ended in an error, by kind of error."}, []string{"kind"}),
		saves: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muntija_saves_total",
			Help: "Things written to the record, by thing and outcome."}, []string{"thing", "outcome"}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muntija_sign_ins_total",
			Help: "Tries to sign in, by outcome."}, []string{"outcome"}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "muntija_job_seconds",
			Help: "Time that a background job ran, by job and outcome.", Buckets: jobBuckets}, []string{"job", "outcome"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "muntija_jobs_running", Help: "Background jobs running now, by job."}, []string{"job"}),
		dbWait: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "muntija_db_wait_seconds",
			Help: "Time that a transaction waited for its turn at the database, by operation.", Buckets: waitBuckets}, []string{"operation"}),
		dbRetry: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "muntija_db_retries_total",
			Help: "Transactions run again after a conflict, by operation."}, []string{"operation"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{Name: "muntija_panics_total", Help: "Panics caught at the edge. Any is a fault of the program."}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "muntija_build_info", Help: "Always 1; the label names the version.",
		ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.inFlight, m.faults, m.saves, m.signIns, m.jobs, m.running, m.dbWait, m.dbRetry, m.panics, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics in Prometheus's text form.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Begin counts a request as being answered; call the function it returns when it is.
func (m *Metrics) Begin() (end func()) {
	m.inFlight.Inc()
	return m.inFlight.Dec
}

// Request counts an answered request. Route is the template that matched ("" when none did), never the path.
func (m *Metrics) Request(route, method string, status int, d time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(m.routes.value(route), methodOf(method), classOf(status)).Observe(d.Seconds())
}

// Fault counts a request that ended in an error of the given kind (fault.Kind's name).
func (m *Metrics) Fault(kind string) { m.faults.WithLabelValues(m.kinds.value(kind)).Inc() }

// Save counts a write of a thing such as "family" or "draft"; ok says whether it was taken.
func (m *Metrics) Save(thing string, ok bool) {
	m.saves.WithLabelValues(m.things.value(thing), outcome(ok)).Inc()
}

// SignIn counts a try to sign in.
func (m *Metrics) SignIn(ok bool) { m.signIns.WithLabelValues(outcome(ok)).Inc() }

// Job counts a background job as running; call the function it returns when the job ends.
func (m *Metrics) Job(job string) (end func(ok bool)) {
	job = m.tasks.value(job)
	start := time.Now()
	m.running.WithLabelValues(job).Inc()
	return func(ok bool) {
		m.running.WithLabelValues(job).Dec()
		m.jobs.WithLabelValues(job, outcome(ok)).Observe(time.Since(start).Seconds())
	}
}

// DBWait counts how long a transaction waited before it could begin. Operation is "view" or "update".
func (m *Metrics) DBWait(operation string, d time.Duration) {
	m.dbWait.WithLabelValues(m.operations.value(operation)).Observe(d.Seconds())
}

// DBRetry counts a transaction that had to run again.
func (m *Metrics) DBRetry(operation string) {
	m.dbRetry.WithLabelValues(m.operations.value(operation)).Inc()
}

// Panic counts a panic that the edge caught.
func (m *Metrics) Panic() { m.panics.Inc() }

// Pool shows a database pool's connections under the given name, such as "read" or "write". Each name once.
func (m *Metrics) Pool(name string, stats func() sql.DBStats) {
	gauge := func(metric, help string, value func(sql.DBStats) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: metric, Help: help,
			ConstLabels: prometheus.Labels{"pool": name}}, func() float64 { return value(stats()) }))
	}
	gauge("muntija_db_connections_open", "Open connections of a pool.", func(s sql.DBStats) float64 { return float64(s.OpenConnections) })
	gauge("muntija_db_connections_in_use", "Connections of a pool in use now.", func(s sql.DBStats) float64 { return float64(s.InUse) })
}

// Gauge shows a number that is read each time Prometheus asks, such as the length of a queue. Each name once.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

func outcome(ok bool) string {
	if ok {
		return "ok"
	}
	return "failed"
}

// methodOf keeps the known methods: a client may send any word as its method.
func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func classOf(status int) string {
	classes := [...]string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"}
	if c := status / 100; c >= 1 && c <= 5 {
		return classes[c]
	}
	return classes[0]
}

// closed limits a label to the first maxValues values seen.
type closed struct {
	seen sync.Map // string → struct{}
	mu   sync.Mutex
	n    int
}

func (c *closed) value(v string) string {
	if _, ok := c.seen.Load(v); ok {
		return v
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.seen.Load(v); ok {
		return v
	}
	if c.n >= maxValues {
		return "other"
	}
	c.n++
	c.seen.Store(v, struct{}{})
	return v
}
