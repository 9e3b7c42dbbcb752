import "./numbers-for-longs.ts"; // before the messages: their defaults are made when they are loaded

export { busbar, google, schema } from "./generated/messages.js";
