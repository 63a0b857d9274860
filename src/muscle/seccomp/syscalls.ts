// Numbers of system calls on the two machines that Karo runs on: asm/unistd_64.h for x64, asm-generic/unistd.h for arm64.

export type Machine = 'x64' | 'arm64'

/** The value of `arch` in `struct seccomp_data` (linux/audit.h). */
export const AUDIT_ARCH: Readonly<Record<Machine, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 }

type Numbers<Name extends string> = Readonly<Record<Machine, Readonly<Record<Name, number>>>>
/** On x64 and on arm64, which has not each of them; from 424 on a system call has one number on all machines. */
type Row = readonly [x64: number, arm64: number | null] | number

function byMachine<Name extends string>(rows: Readonly<Record<Name, Row>>): Numbers<Name> {
  const all = Object.entries<Row>(rows)
  const of = (index: 0 | 1) =>
    Object.fromEntries(
      all
        .map(([name, row]) => [name, typeof row === 'number' ? row : row[index]] as const)
        .filter(([, number]) => number !== null),
    ) as Record<Name, number>
  return { x64: of(0), arm64: of(1) }
}

/** Refused whatever their arguments are. */
export const DENIED: Numbers<string> = byMachine({
  ptrace: [101, 117],
  syslog: [103, 116],
  personality: [135, 92],
  pivot_root: [155, 41],
  adjtimex: [159, 171],
  chroot: [161, 51],
  acct: [163, 89],
  settimeofday: [164, 170],
  mount: [165, 40],
  umount2: [166, 39],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  vhangup: [153, 58],
  create_module: [174, null],
  init_module: [175, 105],
  delete_module: [176, 106],
  quotactl: [179, 60],
  nfsservctl: [180, 42],
  lookup_dcookie: [212, 18],
  clock_settime: [227, 112],
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  kexec_load: [246, 104],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  migrate_pages: [256, 238],
  unshare: [272, 97],
  vmsplice: [278, 75],
  move_pages: [279, 239],
  perf_event_open: [298, 241],
  fanotify_init: [300, 262],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  clock_adjtime: [305, 266],
  setns: [308, 268],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  finit_module: [313, 273],
  kexec_file_load: [320, 294],
  bpf: [321, 280],
  userfaultfd: [323, 282],
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_getfd: 438,
  process_madvise: 440,
  mount_setattr: 442,
  quotactl_fd: 443,
  memfd_secret: 447,
  statmount: 457,
  listmount: 458,
  open_tree_attr: 467,
})

/**
 * Refused besides where a jail is in the namespaces of the machine: modes, owners and times of files that it only names, watching
 * directories, sockets, what programs share by a key, and how other processes of the user run. Landlock covers none of these.
 */
export const DENIED_IN_SHARED: Numbers<string> = byMachine({
  shmget: [29, 194],
  shmat: [30, 196],
  shmctl: [31, 195],
  connect: [42, 203],
  bind: [49, 200],
  semget: [64, 190],
  semop: [65, 193],
  semctl: [66, 191],
  msgget: [68, 186],
  msgsnd: [69, 189],
  msgrcv: [70, 188],
  msgctl: [71, 187],
  chmod: [90, null],
  fchmod: [91, 52],
  chown: [92, null],
  fchown: [93, 55],
  lchown: [94, null],
  utime: [132, null],
  setpriority: [141, 140],
  sched_setparam: [142, 118],
  sched_setscheduler: [144, 119],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  fsetxattr: [190, 7],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  fremovexattr: [199, 16],
  sched_setaffinity: [203, 122],
  semtimedop: [220, 192],
  utimes: [235, null],
  mq_open: [240, 180],
  mq_unlink: [241, 181],
  ioprio_set: [251, 30],
  inotify_add_watch: [254, 27],
  fchownat: [260, 54],
  futimesat: [261, null],
  fchmodat: [268, 53],
  utimensat: [280, 88],
  sched_setattr: [314, 274],
  fchmodat2: 452,
  setxattrat: 463,
  removexattrat: 466,
  file_setattr: 469,
})

/**
 * Answered as by a file system that has none, where a jail is in the namespaces of the machine: extended attributes of a file that is only
 * named, at which Landlock does not look either.
 */
export const MISSING_IN_SHARED: Numbers<string> = byMachine({
  getxattr: [191, 8],
  lgetxattr: [192, 9],
  listxattr: [194, 11],
  llistxattr: [195, 12],
  getxattrat: 464,
  listxattrat: 465,
})

/** Those whose arguments decide. */
export const JUDGED = byMachine({
  ioctl: [16, 29],
  socket: [41, 198],
  socketpair: [53, 199],
  clone: [56, 220],
  setrlimit: [160, 164],
  prlimit64: [302, 261],
  clone3: 435,
  openat2: 437,
})

/**
 * Calls that name a file, by their number: what they do, and which of their arguments are the directory that a path begins at (- where it is that of the
 * process) and the path; then what else is needed of them.
 */
export const WATCHED: Readonly<Record<Machine, Readonly<Record<number, string>>>> = watched([
  ['open - 0 1', 2, null],
  ['open 0 1 2', 257, 56],
  ['execute - 0', 59, 221],
  ['execute 0 1', 322, 281],
  ['link - 0 1 2', 89, null],
  ['link 0 1 2 3', 267, 78],
  ['where - 0 1', 79, 17],
  ['enter - 0', 80, 49],
  ['change', 81, 50],
  ['change - 0', 76, 45],
  ['change - 0 - 1', 82, null],
  ['change - 0', 83, null],
  ['change - 0', 84, null],
  ['change - 0', 85, null],
  ['change - 1', 86, null],
  ['change - 0', 87, null],
  ['change - 1', 88, null],
  ['change - 0', 133, null],
  ['change 0 1', 258, 34],
  ['change 0 1', 259, 33],
  ['change 0 1', 263, 35],
  ['change 0 1 2 3', 264, 38],
  ['change 2 3', 265, 37],
  ['change 1 2', 266, 36],
  ['change 0 1 2 3', 316, 276],
])

function watched(rows: readonly (readonly [words: string, x64: number, arm64: number | null])[]) {
  const of = (index: 1 | 2): Record<number, string> =>
    Object.fromEntries(rows.flatMap((row) => (row[index] === null ? [] : [[row[index], row[0]]])))
  return { x64: of(1), arm64: of(2) }
}
