// The room's page around chat and player; each behaviour is a module of its own.
import "../countdown.js";
import "./air.js";
import "./apply_now.js";
import "./ask_about.js";
import "./asked.js";
import "./captions.js";
import "./moderate.js";
import "./open_tab.js";
import "./playback.js";
import "./questions.js";
import "./runsheet.js";
import "./screen.js";
