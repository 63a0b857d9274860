// Answers of the API by the name of their schema, with something in each member; a test holds each against it.

const bob = {
  node_id: 'karo:ed25519:gGmbYx3zT1bX0wq1m4nJ3pVdYc9k5uL2rS7hQe8tWfA',
  fingerprint: '648003a2bfe6ca8e',
  name: 'bob',
}
const self = {
  node_id: 'karo:ed25519:fNHTokCUzR20Q1wfA1fZLF0qXNbiplBxhemtvcjFCz0',
  fingerprint: '73759d20c49e8cef',
  name: 'eng-042',
}
const trace_id = '1077efe3b0d3615b3effd33c5aa9d7a9'
const digest = '4f'.repeat(32)
const today = { start: '2026-11-20T00:00:00.000Z', end: '2026-11-21T00:00:00.000Z' }
const at = '2026-11-20T14:52:13.715Z'
const ready = { ready: true, checks: [{ name: 'store.open', ok: true, detail: 'the database is open' }] }
const hours = (at9: number): number[] => Array.from({ length: 24 }, (_, hour) => (hour === 9 ? at9 : 0))
const byRisk = { safe: 120, moderate: 9, high: 2, critical: 0 }
const guard = { blocked: 1, confirmed: 2, declined: 1, unjudged: 0 }
const signal = {
  id: '3f9a12c4',
  kind: 'timing',
  subject: null,
  severity: 6,
  words: '34 commands between 2:00 and 4:00; at that time there were none on the 38 working days before',
  first_seen: '2026-11-20T02:00:00.000Z',
  last_seen: '2026-11-20T04:00:00.000Z',
  count: 1,
  ongoing: true,
  muted: false,
  seen: false,
  numbers: {
    unit: 'commands',
    observed: 34,
    expected: 0,
    spread: null,
    n: 38,
    window: { start: '2026-11-20T02:00:00.000Z', end: '2026-11-20T04:00:00.000Z' },
  },
}
const mute = { target: 'unusual_pattern/docker', until: null }
const period = { granularity: 'day', ...today }
const edition = { period, published_at: at, expires_at: '2026-12-26T00:00:00.000Z', bytes: 1834 }

const peer = {
  ...bob,
  trust_level: 'peer',
  roles: ['lead'],
  teams: ['eng'],
  why: 'tofu',
  state: 'connected',
  addresses: ['/ip4/10.0.0.7/tcp/9238'],
  last_seen: at,
  known_by: 'link',
  presence: 'online',
}

const coverage = {
  known: 2,
  answered: 1,
  from_summary: 0,
  denied: 0,
  withheld: 0,
  failed: 0,
  unreachable: 1,
  complete: false,
  nodes: [
    { fingerprint: bob.fingerprint, name: 'bob', outcome: 'answered' },
    { fingerprint: '0123456789abcdef', name: 'cid', outcome: 'unreachable' },
  ],
}

const summary = {
  node_id: self.node_id,
  ...period,
  generated_at: at,
  closed: false,
  tool_usage: { tools: [{ tool: 'git', category: 'git', uses: 42, failures: 1, unknown: 0 }] },
}

export const ANSWERS: Readonly<Record<string, unknown>> = {
  Error: {
    error: {
      code: 'not_found',
      message: "no other node is known as 'bbo'",
      hint: "Did you mean 'bob'? Run `karo peers` to see who is known, or give the full node id.",
    },
  },
  ReportThresholds: {
    problem: null,
    thresholds: [{ threshold: 'risky', limit: 5, crossed: false }],
  },
  Health: { ...ready, pid: 4711 },
  Identity: self,
  Processes: {
    processes: [
      {
        name: 'node',
        pid: 4711,
        shell: 'bash',
        started_at: at,
        duration_ms: 93_400,
        running: false,
        peak_rss_bytes: 412_876_800,
        cpu_ms: 61_250,
        exit_code: 0,
        event_id: '0e1e8c7ce17ccaf3ab',
      },
    ],
    total: 1,
  },
  History: {
    events: [
      {
        id: '0e1e8c7ce17ccaf3ab',
        timestamp: at,
        shell: 'bash',
        command: 'git status',
        cwd: '/home/ann/x',
        exit_code: 0,
        duration_ms: 12,
        risk_level: 'safe',
        category: 'git',
        karo_generated: false,
      },
    ],
    total: 1,
  },
  RankedCommands: {
    commands: [
      {
        id: '0e1e8c7ce17ccaf3ab',
        timestamp: at,
        shell: 'bash',
        command: 'docker run --rm -it shop:dev',
        cwd: '/srv/shop',
        exit_code: 0,
        duration_ms: 93_400,
        risk_level: 'safe',
        category: 'docker',
        karo_generated: false,
        uses: 31,
        failures: 2,
        unknown: 0,
      },
    ],
    total: 1,
    complete: true,
  },
  DeletedCommands: { events: 2, texts: 1, left: 0, dry_run: false, sample: [] },
  Statistics: {
    period: 'today',
    time_range: today,
    total_commands: 131,
    unique_commands: 60,
    failures: 7,
    unknown: 0,
    total_duration_ms: 421_000,
    by_risk_level: byRisk,
    guard,
    karo_generated: 3,
    ask_answers_run: 1,
    categories: [{ category: 'git', count: 42, failures: 1, unknown: 0, previous: 40, change: 0.05 }],
    tools: [{ tool: 'git', category: 'git', count: 42, failures: 1, unknown: 0, previous: 40, change: 0.05 }],
    hourly: hours(131),
    daily: [0, 0, 0, 0, 131, 0, 0],
    heat: [0, 0, 0, 0, 131, 0, 0].map(hours),
    timeline: { unit: 'hour', points: [{ start: today.start, count: 0 }] },
    failing: [
      {
        tool: 'make',
        category: 'build',
        count: 9,
        failures: 4,
        unknown: 0,
        rate: 0.44,
        previous_rate: 0.25,
        rose: false,
      },
    ],
    busiest: { date: '2026-11-20', count: 131 },
    active_days: 1,
    streak: { current: 12, longest: 31 },
    recorded_since: '2026-02-11',
    change: 0.12,
    before: {
      time_range: { start: '2026-11-19T00:00:00.000Z', end: '2026-11-20T00:00:00.000Z' },
      total_commands: 117,
      failures: 9,
      unknown: 0,
      total_duration_ms: 398_000,
      by_risk_level: byRisk,
      guard,
      karo_generated: 0,
      ask_answers_run: 0,
    },
  },
  MostUsedCommands: { commands: [{ command: 'git status', count: 212, failures: 1, unknown: 0 }] },
  Anomalies: { signals: [signal], mutes: [mute] },
  Mutes: { mutes: [mute] },
  SeenAnomalies: { signals: [signal] },
  PeerList: { peers: [peer] },
  PeerAnswer: { peer },
  QueryResult: {
    query_id: 'ab'.repeat(16),
    trace_id,
    query_type: 'ToolUsage',
    level: 1,
    time_range: today,
    status: 'success',
    data: {
      tools: [{ tool: 'git', category: 'git', uses: 84, nodes: 2, failure_rate: 0.02, change: 10 }],
    },
    as_of: at,
    coverage,
    ended_by: 'deadline',
    notes: [],
    reach: {
      nodes: 3,
      whole: 2,
      short: [
        {
          fingerprint: '27c1f3a8d09b45e6',
          name: 'elm',
          source: 'live',
          covers: { start: '2026-11-19T14:00:00.000Z', end: '2026-11-20T09:30:00.000Z' },
        },
      ],
    },
    compared: { nodes: 2, of: 3 },
    privacy: { mode: 'per_node', k_min: 5, cells_suppressed: 0, noise: null },
    timing: { first_ms: 8.1, last_ms: 8.1, elapsed_ms: 5_000.4 },
  },
  Sharing: {
    sharing: 'on',
    source: 'decision',
    max_level: 2,
    allow_only: [],
    stopped: [],
    stopped_only: [],
    categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
    anomalies: 'identified',
    allow: { peers: ['team:eng'], supervisors: ['*'] },
    peers: [
      {
        ...bob,
        trust_level: 'peer',
        level_1: ['tool_usage'],
        summaries: ['tool_usage'],
        level_2: [],
        rule: 'allow.peers',
        reason: 'team:eng may have level 1',
      },
    ],
    totals: [{ audience: 'security', nodes: [], operators: [] }],
  },
  SharePreview: {
    to: null,
    role: 'security',
    categories: null,
    summaries: [{ recipients: [bob], summary, bytes: 412, digest }],
    totals: {
      bucket: today,
      state: 'open',
      why: null,
      readers: [bob],
      operators: [],
      k: 5,
      k_min: 5,
      counted: true,
      pair: [
        { node: bob, operator: 'it' },
        { node: self, operator: 'lab' },
      ],
      types: [
        {
          type: 'ToolUsage',
          given: true,
          reason: null,
          rows: 61,
          own: [{ row: 'git', values: { uses: 40, failures: 1, unknown: 0 } }],
        },
        {
          type: 'Anomalies',
          given: false,
          rows: 24,
          own: [],
          reason: 'anomalies are shared with nobody (karo share anomalies)',
        },
      ],
    },
  },
  PublishedSummaries: { summaries: [{ ...edition, recipients: [bob] }] },
  HeldSummaries: { summaries: [{ ...edition, author: bob, received_at: at, age_ms: 41_000 }], total: 1 },
  AuditLog: {
    entries: [
      {
        seq: 17,
        timestamp: at,
        type: 'query_received',
        success: true,
        peer: bob.node_id,
        trace_id,
        details: { query_type: 'ToolUsage', level: 1 },
        hash: digest,
      },
    ],
  },
  AuditVerdict: { ok: true, entries: 17, head: digest, first_bad: null, earlier_keys: [] },
  FeedEvent: {
    id: '670ab14c489c1416-21',
    timestamp: at,
    type: 'member_left',
    data: { peer: bob, why: 'goodbye' },
  },
}
