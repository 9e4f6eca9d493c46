package web

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/auth"
)

// access says who a route is for before its use-case is asked.
type access uint8

const (
	public   access = iota // anybody
	signedIn               // anybody with a whole session
	permit                 // who may do action
)

// route is one line of the table of routes.
type route struct {
	method string // GET, POST or PUT
	path   string // Fiber's pattern; parameters are ids, except tokens of links and cards
	access access
	action auth.Action // for access permit
	upload bool        // takes a file: the large body limit
	handle func(s *Server, r *request) error
}

// table returns all routes, resource by resource.
func table() []route {
	return slices.Concat(
		baseRoutes,
		peopleRoutes,
		searchRoutes,
		registrationRoutes,
		exportRoutes, // before the pages of one family: "export" is no id
		familyRoutes, figureRoutes, dashboardRoutes, reportRoutes,
		criteriaRoutes,
		exhibitionRoutes, participationRoutes, floorRoutes, fairFileRoutes, guestRoutes, calendarRoutes, seriesRoutes, meetingRoutes, activityRoutes,
		rosterRoutes,
		productRoutes,
		catalogueRoutes,
		duplicateGroupRoutes, duplicateRoutes, mergeRoutes, mergeGroupRoutes,
		printRoutes,
		venueRoutes, planRoutes, placeRoutes, layoutRoutes,
		allocationRoutes,
		apiPageRoutes, outboxRoutes,
		seasonPlanRoutes,
		incentiveRoutes, developmentRoutes,
	)
}

func (s *Server) mount() {
	s.routes = table()
	s.app.Get("/static/*", s.static)
	for _, r := range s.routes {
		h := func(c *fiber.Ctx) error { return s.serve(c, r) }
		switch r.method {
		case fiber.MethodGet:
			s.app.Get(r.path, h)
		case fiber.MethodPost:
			s.app.Post(r.path, h)
		case fiber.MethodPut:
			s.app.Put(r.path, h)
		default:
			panic("web: no such method in the table: " + r.method)
		}
	}
	s.app.Use(func(c *fiber.Ctx) error { return s.missing(c) })
}
