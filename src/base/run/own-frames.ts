// Where in this program something happened, told without anything that is not the program's: files of ours, lines.

const MOST = 8
/** As V8 writes it: `    at name (file:///where/dist/chunks/main-AB.js:12:34)`, or without name and brackets. */
const FRAME = /^\s+at (?:.*\()?(?:file:\/\/)?(\/[^\s()]+:\d{1,7}:\d{1,7})\)?$/
/** What files of this program can be called; anything else is not ours, whatever a text says. */
const OWN =
  /^(?:dist\/)?(?:src\/[a-z0-9/-]{1,80}\.ts|chunks\/[A-Za-z0-9_-]{1,80}\.js|karo\.js):\d{1,7}:\d{1,7}$/

/**
 * `file:line:column` of the frames of `stack` that are in files of the program below `root`, relative to it, the innermost
 * first, at most 8. Names of functions are left out: they can be made of what a program works with.
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

/** True for a frame whose file is there: a text could name others. */
export function isOwnFrame(frame: unknown, exists: (file: string) => boolean): frame is string {
  return typeof frame === 'string' && OWN.test(frame) && exists(frame.replace(/:\d+:\d+$/, ''))
}
