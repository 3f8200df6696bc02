import { host } from "./host.js";

function at(level) {
  return (message) => host.log.write(level, String(message).toWellFormed());
}

export const log = {
  trace: at("trace"),
  debug: at("debug"),
  info: at("info"),
  warn: at("warn"),
  error: at("error"),
};
