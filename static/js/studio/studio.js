// The studio's page; each behaviour is a module of its own.
import "../room/moderate.js";
import "./actions.js";
import "./since.js";
import "./two_step.js";
