// What each judge says of an answer: equal in normal form, the same effect in a jail, or what the words say.
import { openKnowledge } from '../../src/assist/copilot/knowledge.ts'
import { doesTheSame } from './jail.ts'
import { normalForm, openForm } from './judge.ts'
import { saysTheSame } from './said.ts'
import type { Item, RequestSet } from './sets.ts'

export interface Verdict {
  /** Equal to a command of the set in normal form. */
  readonly right: boolean
  /** That, or it does the same as a command of the set in a jail with made-up files. False without `isJailed`. */
  readonly inJail: boolean
  /** Right, or it differs from a command of the set only in what the words do not say. */
  readonly said: boolean
}

/** Judges one answer. With `isJailed` the answer and the set's commands also run, in a jail without network. */
export function verdictOf(
  command: string,
  item: Item,
  { isOpen, isTool, isSheet }: RequestSet,
  isJailed = false,
): Verdict {
  if (isTool) {
    const right = item.right.includes(/^(?:sudo (?:-\S+ )*)?(\S+)/.exec(command)?.[1] ?? '')
    return { right, inJail: right, said: right }
  }
  if (isSheet) {
    const form = bareForm(command)
    const right = item.right.some((one) => bareForm(one) === form)
    return { right, inJail: right, said: right }
  }
  if (isOpen) {
    const form = openForm(command)
    const right = item.right.some((one) => openForm(one, 1) === form || openForm(one, 2) === form)
    return { right, inJail: right, said: right }
  }
  const { right: all, words } = item
  const form = normalForm(command, words)
  const right = all.some((one) => normalForm(one, words) === form)
  return {
    right,
    inJail: isJailed && (right || doesTheSame(command, item)),
    said: right || all.some((one) => saysTheSame(command, one, words)),
  }
}

/**
 * The command without what a sheet puts there as an example: programs, their sub-commands and options are left, in any order. Two
 * spellings of a sub-command or an option are one where the descriptions that Karo ships say so.
 */
function bareForm(command: string): string {
  const text = OLD_SPELLINGS.reduce((said, [old, now]) => said.replace(old, now), ` ${openForm(command)}`)
  return text
    .split(/\s*([|;&]+)\s*/)
    .map((part) => {
      const [tool = '', ...words] = part.split(/\s+/).filter((word) => word !== '' && word !== 'sudo')
      const path = [knowledge.command(tool)].filter((one) => one !== undefined)
      const below: string[] = []
      for (const word of words.filter((one) => /^[a-z][\w:-]*$/.test(one))) {
        const found = path.at(-1)?.s?.find(([names]) => names.includes(word))
        if (found === undefined && (below.length > 0 || !HAVE_COMMANDS.test(tool))) break
        below.push(found?.[0].toSorted()[0] ?? word)
        if (found?.[1] === undefined) break
        path.push(found[1])
      }
      const own = knowledge.own(tool)?.options?.map(({ names }) => names) ?? []
      const spellings = [...path.toReversed().flatMap(({ o = [] }) => o.map(({ n }) => n)), ...own]
      const options = words
        .filter((word) => /^[-+]/.test(word))
        .flatMap((word) => lettersOf(word.replace(/=.*/, '').replace(/(?<=^-\w)\d+$/, '')))
        .map((word) => spellings.find((names) => names.includes(word))?.toSorted()[0] ?? word)
      return [tool, ...below, ...new Set(options.sort())].join(' ')
    })
    .join(' ')
}

const knowledge = openKnowledge()

/** Commands that tools' own pages call another name of one command. */
const OLD_SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/ docker-compose(?= )/, ' docker compose'],
  [/ docker container (?!prune)(?:ls|list|ps)(?= |$)/, ' docker ps'],
  [/ docker container (?!prune|inspect)(?=\w)/, ' docker '],
  [/ docker image (?:ls|list)(?= |$)/, ' docker images'],
  [/ docker image rm(?= |$)/, ' docker rmi'],
  [/ docker image (?=(?:build|history|import|load|pull|push|save|tag)(?: |$))/, ' docker '],
  [/ apt-(?:get|cache)(?= )/, ' apt'],
  [/ yum(?= )/, ' dnf'],
  [/ brew cask (\S+)/, ' brew $1 --cask'],
  [/ git checkout -b(?= |$)/, ' git switch -c'],
  [/ pip3(?= )/, ' pip'],
]

const lettersOf = (option: string): readonly string[] =>
  /^-[A-Za-z]{2,4}$/.test(option) ? [...option.slice(1)].map((one) => `-${one}`) : [option]

/** Programs of which the next plain word says what they do, where no description of them is shipped. */
const HAVE_COMMANDS =
  /^(?:git|docker|podman|kubectl|helm|systemctl|apt|dnf|pacman|brew|npm|yarn|pnpm|pip|cargo|go|openssl|ip|nmcli|snap|flatpak|aws|gcloud|az|terraform|tmux|gh|conda|poetry|vagrant|virsh|zfs|zpool|btrfs|lxc|ufw|zypper|apk|firebase|fly|loginctl|timedatectl|hostnamectl|bundle|rails|composer|mvn|gradle|adb|heroku|cf|ansible-galaxy|mysqladmin|redis-cli|keytool|supervisorctl|pm2|rclone|restic|borg|lvm|mdadm|nix|port|guix|opam|cabal|stack|mix|hg|svn|darcs|fossil|bzr)$/
