// Sizes that grow with what people type, told so that they do not show when somebody does.

const SIZE_STEP = 1024 * 1024
const WAITING_STEP = 64 * 1024

/** Of something that is kept, in bytes: up to the next MiB. */
export const roughSize = (bytes: number): number => Math.ceil(bytes / SIZE_STEP) * SIZE_STEP

/** Of something that waits, in bytes: whole steps of 64 KiB, so that a few commands are nothing and a backlog is one. */
export const roughWaiting = (bytes: number): number => Math.floor(bytes / WAITING_STEP) * WAITING_STEP
