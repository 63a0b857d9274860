// `npm run learned`: what somebody who reads totals learns of one machine, and what totals tell, as tables for docs/aggregates.md.
import { guessing, joining, usefulness } from '../test/sim/learned.ts'

const SCALE = 10

const percent = (share: number): string => `${Math.round(share * 100)} %`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const joins = (
  [
    [12, 'hour', 8],
    [12, 'hour', 28],
    [12, 'hour', 160],
    [12, 'day', 7],
    [12, 'day', 30],
    [200, 'day', 7],
    [200, 'day', 30],
  ] as const
).map(([machines, length, buckets]) => {
  const [plain, noisy] = [0, SCALE].map((noise) => joining({ machines, length, buckets, noise }, 200))
  return [
    `${machines} machines, ${length}s`,
    String(buckets),
    plain!.uses.toFixed(0),
    plain!.error.toFixed(1),
    noisy!.error.toFixed(1),
  ]
})

const guesses = [1, 4, 8, 11, 14].map((own) => [
  String(own),
  ...[0, SCALE].map((noise) => percent(guessing({ own, machines: 40, noise }, 2_000))),
])

const useful = [12, 20, 50, 200, 1_000].flatMap((machines) =>
  (
    [
      [90, 95],
      [60, 80],
      [30, 60],
    ] as const
  ).map(([agree, there]) => {
    const [plain, noisy] = [0, SCALE].map((noise) =>
      usefulness({ machines, agree, there, noise }, machines > 500 ? 20 : 100),
    )
    return [
      String(machines),
      `${agree} %, ${there} %`,
      percent(plain!.released),
      `${percent(plain!.rows)}, ${percent(plain!.uses)}`,
      `${percent(noisy!.rows)}, ${percent(noisy!.uses)}`,
    ]
  }),
)

console.log(
  [
    table(
      ['a machine joins', 'totals before, after', 'its uses', 'error without noise', `with noise ${SCALE}`],
      joins,
    ),
    table(['machines of the attacker', 'right without noise', `with noise ${SCALE}`], guesses),
    table(
      [
        'machines',
        'agree, of these in time',
        'released',
        'tools told, their uses',
        `the same with noise ${SCALE}`,
      ],
      useful,
    ),
  ].join('\n\n'),
)
