// Level 0: values that never leave this machine, made opaque to the type checker so the frame encoder refuses them.

declare const level0: unique symbol

/**
 * A raw value (command text, path, environment) as it was typed. At run time it is the plain value; for the type checker
 * it is neither a string nor anything that a wire schema accepts. Only rooms that may import this file (see doors.ts) can
 * look inside.
 */
export interface Level0<T> {
  readonly [level0]: T
}

/** Marks a value as level 0, at the point where it enters Karo. */
export const markLevel0 = <T>(value: T): Level0<T> => value as unknown as Level0<T>

/** Opens a level 0 value for its owner: storage, risk rules, the owner's own history. */
export const revealLevel0 = <T>(value: Level0<T>): T => value as unknown as T
