// firstTool: the tool behind wrappers, quotes and keywords, with the path it was typed with.
import { expect, test } from 'vitest'
import { firstTool } from '../../../../src/assist/risk/index.ts'

test.each([
  ['ls -la', 'ls'],
  ['sudo -u me /usr/bin/git pull', '/usr/bin/git'],
  ['./git status', './git'],
  ['env ../bin/deploy --now', '../bin/deploy'],
  ['~/bin/deploy', '/home/~/bin/deploy'],
  ["'/opt/my tools/x' y", '/opt/my tools/x'],
  ['env -i A=1 nohup r\\m x', 'rm'],
  ["$'\\x67it' status", 'git'],
  ['FOO=1 BAR=2 time npm test', 'npm'],
  ['X=1; ls', 'ls'],
  ['timeout -k 5 10s cargo build', 'cargo'],
  ['nice -n 5 ionice -c 3 make -j4', 'make'],
  ['$SUDO apt update', 'apt'],
  ['for f in *; do git add "$f"; done', 'git'],
  ['(cd build && cmake ..)', 'cd'],
  ['! grep -q x file', 'grep'],
  ['sudo -i', 'sudo'],
  ['stdbuf -oL docker logs -f web | grep x', 'docker'],
])('%s → %s', (command, tool) => {
  expect(firstTool(command, 'bash').tool).toBe(tool)
})

test.each([
  ['sudo -u me git pull', true],
  ['LANG=C doas apk add x', true],
  ["su -c 'apt update'", true],
  ['sudo -i', true],
  ['nice sudo make', true],
  ['sudoku', false],
  ['man sudo', false],
  ['apt update', false],
] as const)('%s runs as another user: %s', (command, privileged) => {
  expect(firstTool(command, 'bash').privileged).toBe(privileged)
})

test.each(['', '   ', '# a comment', 'X=1', '$(which x)', `"$X"y`, '"$DIR"/git status', ' '.repeat(100_000)])(
  '%j has none',
  (command) => {
    expect(firstTool(command, 'bash').tool).toBeUndefined()
  },
)
