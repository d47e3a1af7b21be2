// hx-csp registers itself on the global `htmx`, so the order of the two imports is the point of this file.
import "./htmx-global.js";
import "htmx.org/dist/ext/hx-csp.js";
