// The glue of every page: htmx and a handful of custom elements in light DOM. No library beside htmx, nothing inline.

import "./htmx.js";
import "./chosen.js";
import "./copy.js";
import "./dialogs.js";
import "./keys.js";
import "./live.js";
import "./narrow.js";
import "./palette.js";
import "./refused.js";
import "./times.js";
import "./toasts.js";
import "./unsaved.js";
