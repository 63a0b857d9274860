// docs/doctor.md, written from the catalogue of checks.
import { CHECK_GROUPS, CHECKS, type Check, type CheckId } from './catalogue.ts'

const INTRO = `# karo doctor

\`karo doctor\` looks at everything that has to be right for a node to work, says what is not, why that matters, and the command
that mends it. It works with the daemon running, down or hung, and without any home; a check that it cannot do is skipped and
says why. It exits 1 when a check fails, 0 otherwise: warnings do not count.

\`\`\`
karo doctor                          everything; what is wrong first
karo doctor --only mesh.multicast    one check; may be given several times
karo doctor --fix                    does what is safe, says each thing it did, and looks again; --dry-run only says it
karo doctor --egress                 every socket the daemon has open and why it may; exits 1 when one is not explained
karo doctor --repair                 while no daemon runs: saves what can be read of a damaged database, and keeps a copy
karo doctor --repair --dry-run       reads every byte of the database and changes nothing
\`\`\`

Without a node of one's own it is about the machine's service. What belongs to root or to the service only root sees:
\`sudo karo doctor\`. With \`--json\`: \`{"ok","checks":[{"id","title","outcome":"ok|warn|fail|skipped","detail","fix","why"}]}\`;
\`fix\` and \`why\` only where something is wrong; with \`--fix\` also \`"dry_run"\` and \`"fixes":[{"id","says","failed"}]\`.

\`--fix\` touches files of the person who runs it only: modes, directories that are missing, leftovers of a dead daemon, stale
hook lines. Never files of others, firewalls, or trust. Doing it twice does no harm.

\`--egress\` compares what the kernel says that the daemon has open (\`/proc/<pid>/fd\`, \`/proc/<pid>/net\`) with what the daemon
says it does: listeners of the configuration, links to members, dials under way, mDNS, the control socket. What nothing explains
in four looks is named, and what leads out of private address space while \`mesh.lan_only\` is on is never explained.

Beside what stands here the page [operations.md](operations.md) says how a node is run and repaired.
`

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

export function doctorPage(): string {
  const all = Object.entries(CHECKS) as [CheckId, Check][]
  const sections = Object.entries(CHECK_GROUPS).map(([group, title]) => {
    const checks = all.filter(([, check]) => check.group === group).map(([id, check]) => about(id, check))
    return `\n## ${title}\n${checks.join('')}`
  })
  return INTRO + sections.join('')
}

function about(id: CheckId, check: Check): string {
  const notes = [
    check.severity === 'fail' ? 'may fail' : 'warns only',
    ...(check.needsDaemon ? ['needs a daemon that runs'] : []),
  ]
  return `
### \`${id}\`

${check.title} (${notes.join(', ')})

| | |
| --- | --- |
| what | ${cell(check.what)} |
| why | ${cell(check.why)} |
| fix | ${cell(check.fix)} |
| \`--fix\` | ${cell(check.safeFix ?? 'nothing')} |
`
}
