// What is known of the tools of systemd and others that run services, sessions and namespaces.
import type { OwnTool } from './own-tool.ts'

export const SERVICES: Readonly<Record<string, OwnTool>> = {
  service: {
    does: 'Controls a service',
    operands: ['the service', 'what to do: start, stop, restart, status'],
  },
  loginctl: {
    does: 'Shows and controls login sessions',
    operands: [
      'what to do: list-sessions, show-session, terminate-session, enable-linger',
      'the session or user',
    ],
  },
  'systemd-analyze': {
    does: 'Analyses how the system boots, and checks units',
    operands: ['what to analyse: blame, critical-chain, time, verify, security, calendar', 'the unit'],
  },
  'systemd-run': {
    does: 'Runs a command as a unit of systemd',
    options: {
      '--user': 'as a unit of this user',
      '-t --pty': 'in a terminal',
      '-p --property =property': 'with this property, such as MemoryMax=1G',
      '--on-calendar =time': 'at this time',
      '--unit =name': 'under this name',
      '--scope': 'in the foreground, as a scope',
    },
  },
  'systemd-cat': {
    does: 'Sends the output of a command to the journal',
    options: { '-t --identifier =name': 'under this name', '-p --priority =level': 'with this priority' },
  },
  'systemd-cgls': { does: 'Shows control groups and their processes as a tree' },
  'systemd-cgtop': { does: 'Shows what control groups use, live' },
  'systemd-detect-virt': { does: 'Tells whether this is a virtual machine or container' },
  'systemd-tmpfiles': {
    does: 'Creates, deletes and cleans up temporary files',
    options: { '--create': 'creates files', '--clean': 'deletes old files', '--remove': 'deletes files' },
  },
  'start-stop-daemon': {
    does: 'Starts and stops daemons',
    options: {
      '-S --start': 'starts',
      '-K --stop': 'stops',
      '-b --background': 'in the background',
      '-p --pidfile =file': 'the file with the PID',
      '-x --exec =program': 'this program',
    },
  },
  'run-parts': {
    does: 'Runs all programs in a directory',
    options: { '--test': 'dry run: only prints their names', '--list': 'lists all files that match' },
    operands: ['the directory'],
  },
  logger: {
    does: 'Writes messages to the system log',
    options: {
      '-t --tag =tag': 'with this tag',
      '-p --priority =level': 'with this facility and priority',
      '-i': 'with the PID',
      '-s --stderr': 'also to standard error',
    },
    operands: ['the message'],
  },
  wall: { does: 'Writes a message to all users who are logged in', operands: ['the message'] },
  chroot: {
    does: 'Runs a command with another root directory',
    operands: ['the new root directory', 'the command'],
  },
  nsenter: {
    does: 'Runs a program in the namespaces of another process',
    options: {
      '-t --target =pid': 'of this process',
      '-n --net': 'its network',
      '-m --mount': 'its mounts',
      '-p --pid': 'its processes',
      '-u --uts': 'its host name',
      '-i --ipc': 'its communication between processes',
      '-a --all': 'all of its namespaces',
    },
  },
  unshare: {
    does: 'Runs a program in new namespaces',
    options: {
      '-n --net': 'a network of its own',
      '-m --mount': 'mounts of its own',
      '-p --pid': 'processes of its own',
      '-U --user': 'users of its own',
      '-r --map-root-user': 'as root of that namespace',
      '-f --fork': 'starts the program as a child',
    },
  },
  lsns: { does: 'Lists namespaces' },
  flock: {
    does: 'Runs a command while it holds a lock on a file',
    options: {
      '-n --nonblock': 'fails if the lock is taken',
      '-w --timeout =seconds': 'waits at most so long',
      '-s --shared': 'a shared lock',
      '-x --exclusive': 'an exclusive lock',
      '-u --unlock': 'releases the lock',
      '-c --command =command': 'runs this command by a shell',
    },
    operands: ['the lock file'],
  },
  setsid: {
    does: 'Runs a program in a new session',
    options: { '-f --fork': 'always starts a new process', '-w --wait': 'waits for the program to end' },
  },
  stdbuf: {
    does: 'Runs a command with other buffering of its streams',
    options: {
      '-o --output =mode': 'of standard output: L by lines, 0 none',
      '-i --input =mode': 'of standard input',
      '-e --error =mode': 'of standard error',
    },
  },
  taskset: {
    does: 'Shows or sets the processors that a process may use',
    options: {
      '-c --cpu-list': 'a list of processors, such as 0-3',
      '-p --pid': 'of a running process',
      '-a --all-tasks': 'of all its threads',
    },
  },
  prlimit: { does: 'Shows or sets the limits of a process', options: { '-p --pid =pid': 'of this process' } },
  chrt: {
    does: 'Shows or sets the real-time attributes of a process',
    options: {
      '-p --pid': 'of a running process',
      '-f --fifo': 'first in, first out',
      '-r --rr': 'round robin',
      '-o --other': 'as usual',
      '-i --idle': 'idle',
    },
    operands: ['the priority'],
  },
  pmap: {
    does: 'Shows the memory map of a process',
    options: { '-x --extended': 'extended format', '-p --show-path': 'full paths' },
    operands: ['the PID'],
  },
  pwdx: { does: 'Prints the working directory of a process', operands: ['the PID'] },
  ipcs: { does: 'Shows shared memory, semaphores and message queues' },
  script: {
    does: 'Records a terminal session in a file',
    options: {
      '-c --command =command': 'of this command instead of a shell',
      '-a --append': 'appends to the file',
      '-q --quiet': 'quiet',
      '-e --return': "exits with the command's exit code",
      '-f --flush': 'writes at once',
    },
    operands: ['the file'],
  },
  stty: {
    does: 'Shows or changes settings of the terminal',
    options: { '-a --all': 'shows all settings', '-F --file =device': 'of this terminal' },
    operands: ['a setting, such as sane, -echo or cols 80'],
  },
  tput: {
    does: 'Uses a capability of the terminal',
    operands: ['the capability, such as clear, cols or bold'],
  },
  tty: { does: 'Prints the name of the terminal' },
  runuser: {
    does: 'Runs a command as another user, by root',
    options: {
      '-u --user =user': 'as this user',
      '-l --login': 'with the environment of a fresh login',
      '-c --command =command': 'runs one command',
    },
  },
  'update-alternatives': {
    does: 'Chooses which of several programs a name stands for',
    options: {
      '--config =name': 'asks which one',
      '--display =name': 'shows the choices',
      '--list =name': 'lists the choices',
      '--set =name': 'sets one',
      '--install =link': 'adds a choice',
    },
  },
  ldconfig: {
    does: 'Makes the cache of shared libraries anew',
    options: { '-p --print-cache': 'lists the libraries in the cache', '-v --verbose': 'verbose' },
  },
  ldd: { does: 'Lists the shared libraries that a program needs', operands: ['the program'] },
  getent: {
    does: 'Looks up entries in system databases, such as users and hosts',
    operands: ['the database: passwd, group, hosts, services', 'the key'],
  },
  getconf: {
    does: 'Prints values of the system configuration',
    options: { '-a': 'all values' },
    operands: ['the variable'],
  },
  locale: {
    does: 'Shows the settings of language and country',
    options: { '-a --all-locales': 'lists all available locales' },
  },
  hwclock: {
    does: 'Shows or sets the hardware clock',
    options: {
      '-r --show': 'shows it',
      '-w --systohc': 'sets it from the system time',
      '-s --hctosys': 'sets the system time from it',
    },
  },
  expr: { does: 'Computes an expression and prints the result', operands: ['the expression, such as 1 + 2'] },
  factor: { does: 'Prints the prime factors of numbers', operands: ['the number'] },
  numfmt: {
    does: 'Converts numbers to and from human-readable units',
    options: {
      '--to =unit': 'to this unit: si or iec',
      '--from =unit': 'from this unit',
      '--field =list': 'these fields',
      '--suffix =text': 'with this suffix',
    },
    operands: ['the number'],
  },
  envsubst: {
    does: 'Replaces environment variables in its input by their values',
    operands: ['the variables to replace'],
  },
  halt: { does: 'Halts the machine' },
}
