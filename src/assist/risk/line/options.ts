// Reads a command's words as options and operands, the GNU way: clusters, abbreviations, any order, `--`.
import { table } from '../lookup.ts'
import type { Arg, Args } from '../model.ts'

/** Options that take their value as the next word, per tool: letters and long names (single- or double-dashed). */
const VALUE_OPTIONS = table(`
  git: C c config-env git-dir work-tree namespace exec-path m message F author date o push-option repo
  kubectl: n namespace context kubeconfig cluster user f filename l selector o output as field-selector
  oc: n namespace context kubeconfig cluster user f filename l selector o output as
  docker: H host context c config log-level l
  podman: c connection url log-level
  docker-compose: f file p project-name
  terraform tofu: chdir
  pulumi: C cwd s stack
  aws: profile region output endpoint-url query
  gcloud: project account format zone region configuration
  az: subscription g resource-group n name o output
  chmod chgrp: reference
  chown: reference from
  cp mv ln: t target-directory S suffix
  install: t target-directory m mode o owner g group S suffix
  shred: n iterations s size
  truncate: s size r reference
  rsync: e rsh f filter exclude include exclude-from include-from files-from log-file bwlimit port
  psql: h host p port U username d dbname c command f file o output v set
  redis-cli valkey-cli: h p s a n u i t r X user pass
  mysql: h host P port u user D database e execute
  systemctl: t type p property H host M machine
  at: q t f
  pkill: u euid U uid g pgroup t terminal P parent signal
  killall: s signal u user
  kill: s signal n
  split: a suffix-length b bytes C line-bytes l lines n number t separator filter additional-suffix
  sed: e expression f file
  awk: F field-separator v assign f file i include l load E exec e source
  rabbitmqctl: n node p vhost t timeout
  pip pip3: r requirement i index-url extra-index-url c constraint t target f find-links trusted-host
  crontab: u
  useradd: u uid g gid G groups d home-dir s shell c comment p password
  usermod: u uid g gid G groups d home s shell c comment p password l login e expiredate
  groupadd: g gid
  groupmod: g gid n new-name
  qemu-img: f O o S
  partclone.restore: s source o output O overwrite L logfile
  helm: n namespace kube-context kubeconfig f values set version
  karo: home
  xargs: I n P L d a s E max-args max-procs delimiter arg-file max-chars
  parallel: j jobs I a arg-file S sshlogin C colsep N n L delay timeout joblog results
  fd fdfind: t type e extension E exclude S size d max-depth
  du: d max-depth exclude t threshold B block-size
  tree: L I P o
  grep: e regexp f file A B C m max-count include exclude exclude-dir
  rg: e regexp f file A B C m max-count g glob t type
  ls: I ignore w width
  make: f file C directory j jobs
  gh glab: X method f F H R repo
  gsutil: h o
  ssh-keygen: f t b C N P O I n V m
  tail head: n c
  script: c command I O B T E m o log-in log-out log-io log-timing
  chage: E expiredate M m W I d
  passwd: n x w i
  journalctl: u unit n lines p priority S U since until t
  python python3: m W X
  curl: o output output-dir X request H header d data u user A user-agent b c F form T upload-file e m
  wget: O output-document P directory-prefix o U user-agent header
  scp: P i o F J l c S
  iptables ip6tables: t table
  systemd-repart: empty dry-run
`)

const NONE: readonly string[] = []

/** Options of the tool that take their value as the next word; none if the table does not list the tool. */
export const valueOptions = (tool: string): readonly string[] => VALUE_OPTIONS.of(tool) ?? NONE

export interface Options {
  /**
   * The word of the option if given. A name of one letter is a short option, a longer one a long option, which may be
   * abbreviated.
   */
  flag(...names: readonly string[]): Arg | undefined
  /** The option's value, joined to it or in the next word. */
  value(...names: readonly string[]): Arg | undefined
  readonly operands: Args
}

interface Given {
  readonly name: string
  readonly long: boolean
  readonly word: Arg
  readonly value: Arg | undefined
}

/** Never throws. An option that VALUE_OPTIONS does not list counts as a flag without a value. */
export function readOptions(tool: string, args: Args): Options {
  const valued = valueOptions(tool)
  const given: Given[] = []
  const operands: Arg[] = []
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!
    const text = word.text
    if (text === '--') {
      for (const rest of args.slice(i + 1)) operands.push(rest)
      break
    }
    if (text.length < 2 || text[0] !== '-') {
      operands.push(word)
      continue
    }
    const dashes = text.startsWith('--') ? 2 : 1
    const equals = text.indexOf('=')
    const body = equals < 0 ? text.slice(dashes) : text.slice(dashes, equals)
    if (dashes === 2 || (body.length > 1 && valued.includes(body))) {
      let value = equals < 0 ? undefined : { ...word, text: text.slice(equals + 1) }
      if (value === undefined && valued.includes(body)) value = args[++i]
      given.push({ name: body, long: true, word, value })
      continue
    }
    // A dash with several letters may be a cluster, `-rf`, or one option, `-delete`: both readings are kept.
    if (body.length > 1) {
      const value = equals < 0 ? undefined : { ...word, text: text.slice(equals + 1) }
      given.push({ name: body, long: true, word, value })
    }
    for (let at = 1; at < text.length; at++) {
      const letter = text[at]!
      if (!valued.includes(letter)) {
        given.push({ name: letter, long: false, word, value: undefined })
        continue
      }
      const value = at + 1 < text.length ? { ...word, text: text.slice(at + 1) } : args[++i]
      given.push({ name: letter, long: false, word, value })
      break
    }
  }
  const find = (names: readonly string[]): Given | undefined =>
    given.find((option) => names.some((name) => fits(option, name)))
  return {
    flag: (...names) => find(names)?.word,
    value: (...names) => find(names)?.value,
    operands,
  }
}

function fits(option: Given, name: string): boolean {
  if (name.length === 1) return !option.long && option.name === name
  if (!option.long) return false
  // getopt_long accepts any abbreviation behind two dashes; behind one dash the word must be whole.
  return option.word.text.startsWith('--') ? name.startsWith(option.name) : option.name === name
}

/** The operand at index `at`, empty if there is none: `push` of `git push origin`. */
export function verb(options: Options, at = 0): string {
  return options.operands[at]?.text ?? ''
}

/** What cp, mv, ln and the like take, and the place where they put it. */
export function copying(o: Options): { readonly sources: Args; readonly into: Arg | undefined } {
  const into = o.value('t', 'target-directory')
  return into === undefined
    ? { sources: o.operands.slice(0, -1), into: o.operands.at(-1) }
    : { sources: o.operands, into }
}
