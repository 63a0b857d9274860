// Writes docs/doctor.md from the catalogue of checks.
import { CHECK_GROUPS, CHECKS, type Check, type CheckId } from './catalogue.ts'

const INTRO = `# karo doctor

\`karo doctor\` checks everything that a node needs to work. For each problem it shows what is wrong, why it matters, and the
command that fixes it. It works while the daemon runs, is down or hangs, and without any home. A check that cannot run is
skipped and says why. The exit code is 1 if a check fails, else 0; warnings do not count.

\`\`\`
karo doctor                          runs all checks; problems come first
karo doctor --only mesh.multicast    runs one check; may be given several times
karo doctor --fix                    fixes what is safe to fix, shows each step, and checks again; --dry-run only shows the steps
karo doctor --egress                 lists every open socket of the daemon with its reason; exits with 1 if one has no reason
karo doctor --sandbox                tries to get out of a jail, from inside; exits with 1 if an attempt succeeds, or no jail can be built
karo doctor --repair                 while no daemon runs: saves the readable part of a damaged database, and keeps a copy
karo doctor --repair --dry-run       reads every byte of the database and changes nothing
\`\`\`

If you have no node of your own, it checks the machine's service. Only root can check what belongs to root or to the service:
\`sudo karo doctor\`. With \`--json\`: \`{"ok","checks":[{"id","title","outcome":"ok|warn|fail|skipped","detail","fix","why"}]}\`;
\`fix\` and \`why\` only where something is wrong; with \`--fix\` also \`"dry_run"\` and \`"fixes":[{"id","says","failed"}]\`.

\`--fix\` touches files of the person who runs it only: modes, directories that are missing, leftovers of a dead daemon, stale
hook lines. Never files of others, firewalls, or trust. Doing it twice does no harm.

\`--egress\` compares what the kernel says that the daemon has open (\`/proc/<pid>/fd\`, \`/proc/<pid>/net\`) with what the daemon
says it does: listeners of the configuration, links to members, dials under way, mDNS, the control socket. What nothing explains
in four looks is named, and what leads out of private address space while \`mesh.lan_only\` is on is never explained.

\`--sandbox\` starts \`karo-exec\` as you. It builds a jail in each way that works here and makes every attempt of
[threats.md](threats.md#jails) in it, which takes a second or two. With \`--json\`:
\`{"ok","checks":[{"id":"sandbox.bwrap.read_host","outcome":"ok|fail|skipped","detail"}]}\`.

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
