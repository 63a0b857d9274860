// What the kernel says of a process in one line, /proc/PID/stat (proc_pid_stat(5)), taken apart.

/**
 * The name of the program, which it chooses itself and which may hold anything, parentheses and blanks too; and the fields behind
 * it, from the third one, the state, on.
 */
export function partsOfStat(text: string) {
  const [, name = '', fields = ''] = /\((.*)\) (.*)/s.exec(text) ?? []
  return { name, fields: fields.split(' ') }
}
