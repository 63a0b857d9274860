// Environment variables that are not configuration keys, as `karo config list` and the documentation show them.

interface EnvironmentVariable {
  readonly name: string
  readonly description: string
}

export const ENVIRONMENT: readonly EnvironmentVariable[] = [
  {
    name: 'KARO_HOME',
    description:
      'The directory of a node, with its key, configuration and database. Default: ~/.local/share/karo.',
  },
  { name: 'KARO_PAUSE', description: 'In a shell with the hook: 1 stops recording until it is unset.' },
  { name: 'KARO_DEBUG', description: '1 shows the stack of an internal error of the command line.' },
  {
    name: 'KARO_TAP',
    description:
      'A file to which the daemon appends everything that it sends to other nodes, before it is sealed or encrypted: each entry ' +
      'is its length (4 bytes, big-endian) and the frame or the plaintext of an answer. An existing file must be yours and have mode 0600. The file grows without bound.',
  },
  {
    name: 'KARO_FAULT',
    description:
      'For crash tests: <point>:<count> kills the daemon when it passes that point for the count-th time.',
  },
  {
    name: 'KARO_CERTIFICATE_LIFE_MS',
    description:
      'For tests: the longest life of a certificate that this issuer signs, in milliseconds. It shortens lives and never lengthens them.',
  },
  {
    name: 'KARO_CODE_CACHE',
    description:
      'For builds and packages: the value `again` compiles the program in this run and replaces the code in .cache beside it. Without it that code is used, and written if it is missing.',
  },
  { name: 'NO_COLOR', description: 'Any value: no colours.' },
]
