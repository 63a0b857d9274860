// What each judge says of an answer: equal in normal form, the same effect in a jail, or what the words say.
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

/** The command without what a sheet puts there as an example: programs, their sub-commands and options are left, in any order. */
function bareForm(command: string): string {
  return openForm(command)
    .split(/\s*([|;&]+)\s*/)
    .map((part) => {
      const [tool = '', ...words] = part.split(/\s+/).filter((word) => word !== '' && word !== 'sudo')
      const options = words
        .filter((word) => /^[-+]/.test(word))
        .flatMap((word) => lettersOf(word.replace(/=.*/, '').replace(/(?<=^-\w)\d+$/, '')))
      const below = HAVE_COMMANDS.test(tool)
        ? words.filter((word) => /^[a-z][a-z-]*$/.test(word)).slice(0, 1)
        : []
      return [tool, ...below, ...options.sort()].join(' ')
    })
    .join(' ')
}

const lettersOf = (option: string): readonly string[] =>
  /^-[A-Za-z]{2,4}$/.test(option) ? [...option.slice(1)].map((one) => `-${one}`) : [option]

/** Programs of which the next plain word says what they do. */
const HAVE_COMMANDS =
  /^(?:git|docker|podman|kubectl|helm|systemctl|apt(?:-get)?|dnf|yum|pacman|brew|npm|yarn|pnpm|pip3?|cargo|go|openssl|ip|nmcli|snap|flatpak|aws|gcloud|az|terraform|tmux|gh|conda|poetry|vagrant|virsh|zfs|zpool|btrfs|lxc|ufw)$/
