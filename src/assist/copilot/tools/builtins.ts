// Karo's own descriptions of shell builtins and of commands used in scripts.
import type { OwnTool } from './own-tool.ts'

export const BUILTINS: Readonly<Record<string, OwnTool>> = {
  cd: {
    does: 'Changes the directory you are in',
    options: { '-P': 'follows symbolic links to the real directory', '-L': 'keeps symbolic links as they are' },
    operands: ['the directory to go to; none is your home, `-` the one before'],
  },
  echo: {
    does: 'Prints its words',
    options: { '-n': 'without a line end', '-e': 'understands escapes such as \\n', '-E': 'takes escapes literally' },
    operands: ['text to print'],
  },
  printf: { does: 'Prints text after a format', operands: ['the format, with %s, %d … and escapes', 'a value for the format'] },
  pwd: { does: 'Prints the directory you are in', options: { '-P': 'the real one, links resolved' } },
  export: {
    does: 'Hands variables on to the programs started from here',
    options: { '-n': 'stops handing it on', '-p': 'prints what is handed on', '-f': 'functions instead' },
    operands: ['a variable, perhaps with its value'],
  },
  alias: { does: 'Defines another name for a command line', operands: ['name=text'] },
  unalias: { does: 'Removes an alias', options: { '-a': 'all of them' }, operands: ['the alias'] },
  set: {
    does: 'Changes how the shell behaves, or sets its arguments',
    options: {
      '-e': 'stops at the first command that fails', '-u': 'treats unset variables as errors', '-x': 'prints each command before it runs',
      '-o =option': 'switches the named option on', '-f': 'no wildcards', '-n': 'reads commands without running them', '-v': 'prints lines as they are read',
      '-a': 'hands every new variable on to programs', '-g': 'global (fish)', '-U': 'universal: kept for ever, in every fish (fish)', '-l': 'local (fish)',
    },
    operands: ['a value'],
  },
  unset: { does: 'Forgets a variable or function', options: { '-f': 'a function', '-v': 'a variable' }, operands: ['its name'] },
  read: {
    does: 'Reads one line of input into variables',
    options: {
      '-r': 'takes backslashes literally', '-p --prompt =prompt': 'shows a prompt first', '-s --silent': 'does not show what is typed', '-t =seconds': 'gives up after that time',
      '-n =characters': 'after so many characters', '-d --delimiter =delimiter': 'reads up to this character', '-a =array': 'into an array', '-u =descriptor': 'from that descriptor',
    },
    operands: ['the variable'],
  },
  source: { does: 'Runs a file in this shell, so that what it sets stays', operands: ['the file', 'an argument of it'] },
  '.': { does: 'Runs a file in this shell, so that what it sets stays', operands: ['the file', 'an argument of it'] },
  eval: { does: 'Joins its words and runs them as a command', operands: ['text that becomes code'] },
  exec: {
    does: 'Replaces this shell by the command; alone, makes redirections permanent',
    options: { '-a =name': 'with that name', '-c': 'with an empty environment', '-l': 'as a login shell' },
  },
  exit: { does: 'Ends the shell or script', operands: ['the exit code'] },
  return: { does: 'Ends the function', operands: ['its exit code'] },
  trap: { does: 'Runs a command when a signal comes or the shell ends', options: { '-p': 'prints the traps' }, operands: ['the command', 'the signal, or EXIT'] },
  wait: { does: 'Waits for background commands', options: { '-n': 'for the next one only' }, operands: ['a process or job'] },
  jobs: { does: 'Lists the commands this shell runs in the background', options: { '-l': 'with process ids', '-p': 'only process ids' } },
  fg: { does: 'Brings a background job to the front', operands: ['the job, %1'] },
  bg: { does: 'Lets a stopped job go on in the background', operands: ['the job, %1'] },
  disown: { does: 'Forgets a job, so that it survives the shell', options: { '-h': 'only keeps it from the hang-up', '-a': 'all jobs' }, operands: ['the job'] },
  history: { does: 'Shows the commands you typed', options: { '-c': 'clears the list', '-d =offset': 'removes one entry', '-a': 'writes new ones to the file', '-w': 'writes the list to the file' }, operands: ['how many'] },
  type: { does: 'Says what a name means to the shell', options: { '-a': 'every meaning', '-t': 'only the kind', '-p': 'only the path' }, operands: ['the name'] },
  command: { does: 'Runs a command past aliases and functions', options: { '-v': 'only says what would run', '-V': 'says it at length', '-p': 'with the standard PATH' } },
  builtin: { does: "Runs the shell's own command of that name" },
  hash: { does: 'Remembers where commands are', options: { '-r': 'forgets all' }, operands: ['the command'] },
  umask: { does: 'Says which permissions new files do not get', options: { '-S': 'in letters' }, operands: ['the mask'] },
  ulimit: {
    does: 'Shows or sets limits of this shell',
    options: { '-a': 'all', '-n =?files': 'open files', '-u =?processes': 'processes', '-c =?blocks': 'core files', '-v =?kilobytes': 'memory', '-t =?seconds': 'processor time', '-s =?kilobytes': 'stack', '-H': 'the hard limit', '-S': 'the soft limit' },
    operands: ['the new limit'],
  },
  shopt: { does: "Switches bash's options", options: { '-s': 'on', '-u': 'off', '-q': 'only asks' }, operands: ['the option'] },
  test: testTool(),
  '[': testTool(),
  true: { does: 'Does nothing, successfully' },
  false: { does: 'Does nothing, and fails' },
  ':': { does: 'Does nothing, successfully' },
  break: { does: 'Leaves the loop', operands: ['how many loops'] },
  continue: { does: 'Goes on with the next round of the loop' },
  shift: { does: 'Drops the first argument', operands: ['how many'] },
  local: { does: 'Makes a variable that only the function sees', operands: ['the variable'] },
  declare: { does: 'Makes a variable with properties', options: { '-a': 'an array', '-A': 'an array with names', '-i': 'a number', '-r': 'that cannot change', '-x': 'handed on to programs', '-p': 'prints it', '-g': 'global', '-f': 'functions' }, operands: ['the variable'] },
  readonly: { does: 'Makes a variable that cannot change', operands: ['the variable'] },
  getopts: { does: "Reads a script's options one by one", operands: ['the letters; `:` after those with a value', 'the variable'] },
  pushd: { does: 'Goes to a directory and remembers this one', operands: ['the directory'] },
  popd: { does: 'Goes back to the directory remembered last' },
  sleep: { does: 'Waits', operands: ['how long: seconds, or 5m, 2h, 1d'] },
  yes: { does: 'Prints the same line for ever', operands: ['the line; default y'] },
} // biome-ignore format: a table

function testTool(): OwnTool {
  return {
    does: 'Tests a condition; the exit code says whether it holds',
    words: true,
    options: {
      '-f =path': 'is a file', '-d =path': 'is a directory', '-e =path': 'exists', '-r =path': 'can be read', '-w =path': 'can be written', '-x =path': 'can be executed', '-s =path': 'is not empty', '-L -h =path': 'is a symbolic link', '-S =path': 'is a socket', '-p =path': 'is a named pipe', '-b =path': 'is a block device', '-c =path': 'is a character device', '-z =text': 'the text is empty', '-n =text': 'the text is not empty', '-t =descriptor': 'is a terminal', '-v =variable': 'the variable is set', '-O =path': 'belongs to you', '-u =path': 'has setuid', '-k =path': 'has the sticky bit', '-g =path': 'has setgid',
      '-eq =number': 'is equal to the number', '-ne =number': 'is not equal to the number', '-lt =number': 'is less than', '-le =number': 'is at most', '-gt =number': 'is greater than', '-ge =number': 'is at least', '-nt =file': 'is newer than', '-ot =file': 'is older than', '-ef =file': 'is the same file as', '-a': 'and', '-o': 'or', '=': 'the texts are equal', '==': 'the texts are equal', '!=': 'the texts differ', '!': 'not', '<': 'sorts before', '>': 'sorts after', ']': 'ends the condition',
    },
    operands: ['what is tested'],
  } // biome-ignore format: a table
}
