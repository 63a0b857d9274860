// Writes docs/doctor.md from the catalogue of checks.
import { CHECK_GROUPS } from '../src/cli/doctor/catalogue.ts'
import type { Check, Checks } from '../src/cli/doctor/check.ts'

const INTRO = `# karo doctor

For people whose node does not work, or who want to know whether it does. \`karo doctor\` checks everything that a node
needs. For each problem it shows what is wrong, why that matters, and the command that fixes it. This page lists its options
and every check. [operations.md](operations.md) tells how to run a node.

\`\`\`
karo doctor                          runs all checks; problems come last
sudo karo doctor                     also checks what only root may read: other people's files, the service, the firewall
karo doctor --only mesh.multicast    runs one check; may be given several times
karo doctor --fix                    fixes what is safe to fix, shows each step, and checks again; --dry-run only shows the steps
karo doctor --egress                 lists every open socket of the daemon with its reason; exits with 1 if one has no reason
karo doctor --sandbox                tries to get out of a jail, from inside; exits with 1 if an attempt succeeds, or no jail can be built
karo doctor --repair                 while no daemon runs: saves the readable part of a damaged database, and keeps a copy
karo doctor --repair --dry-run       reads every byte of the database and changes nothing
\`\`\`

- The doctor works while the daemon runs, is down or hangs, and without any home. Without a node of your own it checks the
  machine's service.
- A check that cannot run is skipped and says why.
- The exit code is 1 if a check fails, else 0. Warnings do not count.
- \`--json\` prints \`{"ok","checks":[{"id","title","outcome":"ok|warn|fail|skipped","detail","fix","why"}]}\`. A check has
  \`fix\` and \`why\` only if it found a problem. With \`--fix\` there are also \`"dry_run"\` and
  \`"fixes":[{"id","says","failed"}]\`. With \`--sandbox\` the checks are
  \`{"id":"sandbox.bwrap.read_host","outcome","detail"}\`, without \`warn\`.
- \`--fix\` changes only files of the person who runs it: modes, missing directories, leftovers of a dead daemon, stale hook
  lines. It never changes files of others, firewalls, or trust. Running it twice does no harm.
- \`--egress\` compares the daemon's open sockets as the kernel lists them (\`/proc/<pid>/fd\`, \`/proc/<pid>/net\`) with what
  the daemon says it has open: configured listeners, links to members, dials under way, mDNS, the control socket. It compares
  four times, and names a socket without a reason in all four. While \`mesh.lan_only\` is on, a connection out of private
  address space never has a reason.
- \`--sandbox\` starts \`karo-exec\` as you, builds a jail of each kind that works here, and makes every attempt of
  [threats.md](threats.md#jails) in it, in a second or two. Small virtual machines are
  tried only if \`agents.sandbox\` is \`vm\`, and take a minute where they are emulated.

Each check below says what is expected (what), what to do by hand (fix), and what \`--fix\` does about it. Why it matters
\`karo doctor\` says with each problem that it finds.
`

const cell = (text: string): string => text.replaceAll('<', '&lt;')

export function doctorPage(): string {
  const sections = Object.entries<Checks>(CHECK_GROUPS).map(
    ([title, checks]) => `\n## ${title}\n${Object.entries(checks).map(about).join('')}`,
  )
  return INTRO + sections.join('')
}

function about([id, check]: [string, Check]): string {
  const notes = [
    check.severity === 'fail' ? 'may fail' : 'warns only',
    ...(check.looksAt !== undefined ? ['needs a daemon that runs'] : []),
  ]
  return `
### \`${id}\`

${check.title} (${notes.join(', ')})

- **what:** ${cell(check.what)}
- **fix:** ${cell(check.fix)}
${check.safeFix ? `- **\`--fix\`** ${cell(check.safeFix)}\n` : ''}`
}
