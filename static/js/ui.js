// What every page does. Each behaviour is a module of its own and looks for its data-* hooks.
import "./theme.js";
import "./menu.js";
import "./sheet.js";
import "./dismiss.js";
import "./copy.js";
import "./tabs.js";
import "./filedrop.js";
import "./busy.js";
