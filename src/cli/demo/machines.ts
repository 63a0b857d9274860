// The eight machines of the demonstration: what each is for, and what its person types.

export interface Machine {
  readonly name: string
  /** Roles and teams of its certificate. */
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** What it is there for, in the table that the command prints. */
  readonly purpose: string
  /** Habits that its person has besides those of everybody. */
  readonly habits: readonly Habit[]
  /** Commands on a working day, about. */
  readonly aDay: number
  /** An agent and AI tools work there. */
  readonly hasAgents?: true
}

/** A command line, and how often it is typed compared with others. */
export interface Habit {
  readonly line: string
  readonly weight: number
  /** The part of its runs that fail, 0 to 1. */
  readonly fails?: number
  /** From this day on, counted back from today; absent: as long as there is history. */
  readonly sinceDays?: number
}

const habit = (weight: number, line: string, fails = 0.02): Habit => ({ line, weight, fails })
/** Something that the person began with lately. */
const lately = (sinceDays: number, weight: number, line: string): Habit => ({ line, weight, sinceDays })

/** What everybody types. */
export const COMMON: readonly Habit[] = [
  habit(16, 'git status'),
  habit(9, 'git diff'),
  habit(6, 'git commit -m "small step"', 0.05),
  habit(5, 'git push', 0.08),
  habit(14, 'ls -la'),
  habit(14, 'cd src'),
  habit(7, 'vim notes.md'),
  habit(6, 'grep -rn TODO .', 0.1),
  habit(5, 'cat README.md'),
  habit(4, 'ssh build', 0.06),
  habit(4, 'make test', 0.2),
  habit(3, 'docker ps'),
  habit(2, 'curl -s http://build.local/health', 0.1),
  habit(1.2, 'rm -rf build'),
  habit(0.6, 'sudo systemctl restart app'),
  habit(2, 'git push --force'),
  habit(2, 'git branch -D old'),
  habit(1, 'docker rm -f app'),
  habit(0.2, 'chmod -R 777 .'),
]

/** What everybody typed on the one day on which the sticks for emergencies were written anew. */
export const STICK: Habit = habit(1, 'dd if=rescue.img of=/dev/sda bs=4M', 0)

/** What everybody typed on the one evening on which the application did not answer. */
export const LATE: readonly Habit[] = [
  habit(9, 'curl -s http://build.local/health', 0.95),
  habit(5, 'ssh build', 0.9),
  habit(3, 'docker ps'),
  habit(2, 'docker logs app', 0.3),
  habit(1, 'sudo systemctl restart app', 0.6),
  // So that this day has more than 2 % of risky commands as well, which is the threshold of security staff.
  habit(1.5, 'chmod -R 777 .'),
]

const CLUSTER: readonly Habit[] = [
  lately(9, 8, 'kubectl get pods'),
  lately(9, 4, 'kubectl logs deploy/app'),
  lately(5, 1, 'kubectl delete pod app-0'),
]
const WEB: readonly Habit[] = [
  habit(8, 'npm test', 0.2),
  habit(5, 'npm run build', 0.1),
  habit(3, 'node server.js'),
]

export const MACHINES: readonly Machine[] = [
  {
    name: 'hq',
    roles: [],
    teams: ['ops'],
    aDay: 30,
    purpose: 'lets machines in',
    habits: [...CLUSTER, habit(4, 'journalctl -u app'), habit(2, 'sudo apt-get update')],
  },
  {
    name: 'ciso',
    roles: ['security'],
    teams: [],
    aDay: 18,
    purpose: 'security staff: totals over all machines, and no numbers of a single one',
    habits: [...CLUSTER, habit(3, 'nmap -sV 10.0.3.0/24'), habit(2, 'openssl s_client -connect build:443')],
  },
  {
    name: 'lead',
    roles: ['lead'],
    teams: ['web'],
    aDay: 35,
    hasAgents: true,
    purpose: 'leads the team web, and sees the numbers of its machines',
    habits: [...CLUSTER, ...WEB],
  },
  {
    name: 'vault',
    roles: [],
    teams: ['ops'],
    aDay: 25,
    purpose: 'adds totals up, with desk',
    habits: [...CLUSTER, habit(3, 'terraform plan', 0.15), habit(1, 'terraform apply', 0.15)],
  },
  {
    name: 'desk',
    roles: [],
    teams: ['data'],
    aDay: 40,
    purpose: 'adds totals up, with vault',
    habits: [...CLUSTER, habit(7, 'python train.py', 0.25), habit(3, 'psql -c "select 1"')],
  },
  {
    name: 'web-1',
    roles: [],
    teams: ['web'],
    aDay: 55,
    purpose: 'a machine of the team web',
    habits: [...CLUSTER, ...WEB, habit(2, 'yarn install', 0.1)],
  },
  {
    name: 'web-2',
    roles: [],
    teams: ['web'],
    aDay: 45,
    purpose: 'a machine of the team web',
    habits: [...CLUSTER, ...WEB, habit(2, 'podman build .', 0.1)],
  },
  {
    name: 'data-1',
    roles: [],
    teams: ['data'],
    aDay: 50,
    purpose: 'a machine of the team data',
    habits: [...CLUSTER, habit(8, 'python etl.py', 0.2), habit(4, 'psql -c "select 1"', 0.05)],
  },
]

/** The two that add totals up. */
export const AGGREGATORS = ['vault', 'desk'] as const
