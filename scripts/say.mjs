/** @typedef {(text: string) => void} Tell Takes a line about something that makes the user wait. */

/**
 * Goes to stderr, because stdout belongs to what is started afterwards.
 * @type {Tell}
 */
export const say = (text) => console.error(`busbar: ${text}`);

/** @type {Tell} */
export const sayNothing = () => {};
