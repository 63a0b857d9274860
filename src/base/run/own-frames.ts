// Reduces a stack trace to places in this program's own files, so that it holds nothing else.

const MOST = 8
/** A line of V8's stack: `    at name (file:///where/dist/chunks/main-AB.js:12:34)`, or without name and brackets. */
const FRAME = /^\s+at (?:.*\()?(?:file:\/\/)?(\/[^\s()]+:\d{1,7}:\d{1,7})\)?$/
/** Possible names of this program's files; no other name is accepted. */
const OWN =
  /^(?:dist\/)?(?:src\/[a-z0-9/-]{1,80}\.ts|chunks\/[A-Za-z0-9_-]{1,80}\.js|karo\.js):\d{1,7}:\d{1,7}$/

/**
 * `file:line:column` of at most 8 frames of `stack` in files of the program below `root`, relative to it, innermost first.
 * Names of functions are left out, because they may contain data.
 */
export function ownFrames(stack: string, root: string): readonly string[] {
  const frames: string[] = []
  for (const line of stack.split('\n')) {
    const path = FRAME.exec(line)?.[1]
    if (path === undefined || !path.startsWith(`${root}/`)) continue
    const frame = path.slice(root.length + 1)
    if (OWN.test(frame)) frames.push(frame)
    if (frames.length === MOST) break
  }
  return frames
}

/** Whether the frame names an existing file of this program; a foreign text could name others. */
export function isOwnFrame(frame: unknown, exists: (file: string) => boolean): frame is string {
  return typeof frame === 'string' && OWN.test(frame) && exists(frame.replace(/:\d+:\d+$/, ''))
}
