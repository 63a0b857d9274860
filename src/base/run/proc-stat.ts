// What the kernel says of a process in one line, /proc/PID/stat (proc_pid_stat(5)), taken apart.

/**
 * The name of the program, which it chooses itself and which may hold anything, parentheses and blanks too; and the fields behind
 * it, from the third one, the state, on.
 */
export function partsOfStat(text: string) {
  const end = text.lastIndexOf(')')
  return { name: text.slice(text.indexOf('(') + 1, end), fields: text.slice(end + 2).split(' ') }
}
