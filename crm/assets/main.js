// What every page loads. A module enhances one data- attribute; what is heavy is fetched where it is shown.
import htmx from "htmx.org";

import { enhance } from "./core/enhance.js";
import "./core/ask.js";
import "./core/confirm.js";
import "./core/copy.js";
import "./core/dates.js";
import "./core/dirty.js";
import "./core/drafts.js";
import "./core/drawer.js";
import "./core/edit.js";
import "./core/filters.js";
import "./core/focus.js";
import "./core/keys.js";
import "./core/lines.js";
import "./core/menus.js";
import "./core/nav.js";
import "./core/order.js";
import "./core/password.js";
import "./core/picker.js";
import "./core/place.js";
import "./core/preview.js";
import "./core/progress.js";
import "./core/rights.js";
import "./core/row_links.js";
import "./core/row_menu.js";
import "./core/rows.js";
import "./core/session.js";
import "./core/settings.js";
import "./core/submits.js";
import "./core/tabs.js";
import "./core/theme.js";
import "./core/toasts.js";
import "./core/whole.js";

document.documentElement.classList.add("scripted");
enhance(document);
htmx.onLoad((part) => part !== document.body && enhance(part));
