// Rounds sizes that grow with a person's commands, so that they do not show when somebody types.

const SIZE_STEP = 1024 * 1024
const WAITING_STEP = 64 * 1024

/** Size of stored data in bytes, rounded up to MiB. */
export const roughSize = (bytes: number): number => Math.ceil(bytes / SIZE_STEP) * SIZE_STEP

/** Size of waiting data in bytes, rounded down to 64 KiB: a few commands count as nothing, a backlog does not. */
export const roughWaiting = (bytes: number): number => Math.floor(bytes / WAITING_STEP) * WAITING_STEP
