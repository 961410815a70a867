// Single keys, heard only while the focus is within what they are for, and not while one types.

const TYPING = "input:not([type=checkbox], [type=range]), textarea, select";

/** Do what the key of the event is for, if anything. */
export function heard(event, actions) {
  const typing = event.target instanceof Element && event.target.closest(TYPING);
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in actions)) return;
  event.preventDefault();
  event.stopPropagation();
  actions[event.key]();
}
