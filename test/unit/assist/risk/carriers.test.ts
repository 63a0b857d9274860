// Commands that other tools, builtins and expansions run: judged as what they run, and quiet where that is harmless.
import { expect, test } from 'vitest'
import { wrapperNames, wrapperOf } from '../../../../src/assist/risk/carriers/wrappers.ts'
import { checkCommand, RISK_LEVELS, type RiskLevel, riskLevelOf } from '../../../../src/assist/risk/index.ts'
import { DISGUISES, disguised } from '../../../fuzz/risk.ts'
import { carrierLines, PAYLOADS, PLACE } from '../../../support/data/lines.ts'
import { randomOf } from '../../../support/run/random.ts'
import { times } from '../../../support/run/thorough.ts'

const CARRIERS = carrierLines()
const rank = (level: RiskLevel) => RISK_LEVELS.indexOf(level)
const levelOf = (line: string, shell: (typeof CARRIERS)[number]['shell']) =>
  checkCommand(line, { ...PLACE, shell }).risk_level

test('more than 2 000 carriers, no two of them the same', () => {
  expect(new Set(CARRIERS.map(({ shell, template }) => `${shell} ${template}`)).size).toBe(CARRIERS.length)
  expect(CARRIERS.length).toBeGreaterThan(2_000)
})

/** The first payload in each carrier; the others, which differ in what they are and not in how they are carried, by turns. */
const EVERY = times(PAYLOADS.length, 1)

test.each([...PAYLOADS.entries()])('whatever carries payload %i, %s, is at least high', (turn, payload) => {
  const missed = CARRIERS.filter(({ shell, carrying }, at) => {
    if (turn > 0 && at % EVERY !== turn % EVERY) return false
    const least = payload.startsWith('truncate') ? 'moderate' : 'high'
    return rank(levelOf(carrying(payload), shell)) < rank(least)
  })
  expect(missed.map(({ shell, template }) => `${shell} ${template}`)).toEqual([])
})

test('a carrier of a harmless command is not flagged for carrying', () => {
  const judged = CARRIERS.map(({ shell, template, carrying }) => ({
    template,
    ...checkCommand(carrying('ls -la /home/me'), { ...PLACE, shell }),
  }))
  const flagged = judged.filter(({ risk_level }) => rank(risk_level) >= rank('high'))
  // Input of unknown origin, history, sudoers, containers with the whole disk: high whatever they run.
  expect(flagged.length, flagged.map(({ template }) => template).join('\n')).toBeLessThanOrEqual(60)
  const carried = judged.filter(({ matches }) => matches.some(({ rule }) => /^carried-/.test(rule)))
  expect(carried.map(({ template }) => template)).toEqual([])
})

/** Options with a value in front of what is run, from the manuals of these tools, of which most stand in few command lines. */
const VALUED = `docker run --log-opt a=b img ▮
docker run --rm -it --gpus all --ulimit nofile=1 img ▮
docker exec --detach-keys ctrl-a -it web ▮
docker compose run --cap-add x --no-deps -T web ▮
docker-compose exec --index 2 -T web ▮
podman run --cgroups x --rmi img ▮
podman exec --preserve-fds 2 web ▮
nerdctl run --shm-size 1g --rm img ▮
buildah run --cap-add x box ▮
kubectl exec --pod-running-timeout 1m -it web ▮
kubectl --context c exec web -c app -- ▮
kubectl run x --image y --pod-running-timeout 1m -- ▮
lxc exec --project p -n c1 ▮
lxc exec c1 --cwd /x -- ▮
incus exec --group 0 c1 ▮
lxc-attach -P /x -n c1 -- ▮
nsenter -t 77 -N 3 ▮
nsenter --target 77 --setuid 0 -r -w ▮
nsenter -W /x -t 77 ▮
unshare --map-user 1 --wd /x ▮
systemd-run --timer-property x=y --nice 5 ▮
systemd-nspawn --bind /x -D / ▮
flatpak-spawn --env a=b --host ▮
schroot -n x ▮
setpriv --euid 0 --pdeathsig TERM ▮
fakeroot -l x ▮
numactl --cpunodebind 1 ▮
proot --rootfs / --bind /x ▮
rlwrap --history-filename x ▮
chpst -d 1 -u x ▮
softlimit -m 1 ▮
strace --output x --trace file ▮
xvfb-run --server-num 9 ▮
srun --gres gpu:1 --mem 1G ▮
perf record -F 99 -g -- ▮
hyperfine --warmup 3 '▮'
cpulimit --limit 50 -- ▮`.split('\n')

/** Options without a value, which do not take what is run for one; most stand in no table. */
const FLAGGED = `run0 -i ▮
run0 --via-shell ▮
run0 --empower ▮
systemd-run --send-sighup ▮
systemd-run -T ▮
numactl --all ▮
proot --kill-on-exit ▮
proot --link2symlink ▮
chpst -0 ▮
fakechroot -s ▮
docker compose run --quiet-pull web ▮
docker run --use-api-socket img ▮
nerdctl run --insecure-registry img ▮
buildah run --add-history box ▮
podman unshare --rootless-netns ▮
podman run --unsetenv-all img ▮
kubectl exec --disable-compression web ▮
hyperfine --reference '▮' ls
lxc-attach c1 -- ▮
lxc-attach -q c1 -- ▮
screen -R -S x ▮`.split('\n')

test.each([...VALUED, ...FLAGGED])('an option in front of what is run hides none of it: %s', (template) => {
  expect(levelOf(template.replace('▮', 'rm -rf /'), 'bash')).toBe('critical')
  expect(levelOf(template.replace('▮', 'ls'), 'bash')).toBe('safe')
})

test.each([
  `awk '{system("shutdown now")}' -e f`,
  `awk -vseparator=x -F: '{system("shutdown now")}'`,
  `awk -Fe -F: '{system("shutdown now")}'`,
  'tmux splitw -f shutdown now',
  'screen -dRR -S x git push --force origin main',
  "echo 'shutdown now' | at -qf now",
])('what is run is found behind letters that are no options: %s', (line) => {
  expect(levelOf(line, 'bash')).toBe('high')
})

/** An even part of them, where each carrier is tried anyway with a command that it carries. */
const SOME = CARRIERS.filter((_, at) => at % times(4, 1) === 0)

test('a disguise of a carrier with its command hides neither', () => {
  const random = randomOf(20_27)
  const lowered: string[] = []
  for (const { shell, carrying } of SOME) {
    const command = carrying(PAYLOADS[random.below(PAYLOADS.length)] as string)
    const { name, text } = disguised({ command, shell, least: 'high' }, random, DISGUISES)
    if (levelOf(text, shell) === 'safe') lowered.push(`${name}: ${text}`)
  }
  expect(lowered).toEqual([])
})

test('the observer, who does not know the directory, finds the same', () => {
  for (const { shell, carrying } of SOME) {
    const line = carrying('rm -rf /')
    expect(riskLevelOf(line, shell), line).toBe(checkCommand(line, { shell }).risk_level)
  }
})

test('text that is only said, searched for or stored is no command', () => {
  const quiet = [
    "echo 'rm -rf /home/me'",
    'printf "%s\\n" "rm -rf /"',
    "grep -rn 'rm -rf /' .",
    "git commit -m 'remove rm -rf / from the docs'",
    "git log --grep 'rm -rf /'",
    'python3 -c \'print("rm -rf /")\'',
    'node -e \'console.log("rm -rf /home/me")\'',
    'curl -d "rm -rf /" https://example.org/',
    "notify-send 'rm -rf / is over'",
    'man rm',
    'apt install rm find',
    'which rm dd shred',
    'mytool rm -rf build',
    "mytool --clean-command 'rm -rf ./build'",
    'docker rm web',
    'karo check "rm -rf /"',
    "claude -p 'what does rm -rf / do'",
    "gh issue create --title 'rm -rf / in the readme'",
  ]
  expect(quiet.filter((line) => levelOf(line, 'bash') !== 'safe')).toEqual([])
})

test('a row of the table of wrappers has only members of a wrapper', () => {
  const members =
    'values pairs skip skips assigns scripts keywords opensShell privileged transparent joins places afterDashes'
  for (const name of wrapperNames()) {
    const wrapper = wrapperOf(name) ?? {}
    expect(name).toMatch(/^[\w.-]+$/)
    for (const member of Object.keys(wrapper)) expect(members.split(' '), name).toContain(member)
    expect(wrapper.skip ?? 0, name).not.toBeNaN()
  }
})
