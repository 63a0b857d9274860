// Rules about the network: cutting the machine off, and not checking which machine is at the other end.
import type { SimpleCommand } from '../../model.ts'
import type { FormRule } from '../forms.ts'
import { byTool, without } from '../rewrite.ts'
import { inPlace, matching, only, type Rule, tools } from '../rule.ts'

const line = (c: SimpleCommand) => c.args.map((arg) => arg.text).join(' ')

export const NETWORK_RULES: readonly (Rule | FormRule)[] = [
  {
    id: 'network-down',
    level: 'high',
    why: 'Cuts the machine, and perhaps your own session, off the network.',
    finds: `
      networkctl … down
      firewall-cmd --panic-on
      rfkill … block <radio>
      ip … l|link set … down
      ip … l|link del|delete {link}
      ip … route|addr|address|a|r flush|f
      ip … route|r del|delete default
      ifconfig … down
      ifdown
      nmcli … networking|radio|n|r … off
      nmcli … device disconnect
      route … flush
      route … del default`,
    named: { radio: /^(?:all|wifi|wlan|\d)/, link: /^(?!docker|veth|br-|vxlan|wg|tun|tap|dummy)/ },
    example: 'ip link set eth0 down',
  },
  {
    id: 'network-slow',
    level: 'moderate',
    why: 'Delays, drops or forgets network connections.',
    finds: `
      tc … qdisc add|replace|change … netem|tbf
      nmcli … c|con|connection down|delete|del
      wpa_cli … disconnect|remove_network|terminate
      iwctl … disconnect|forget
      networkctl … delete`,
    example: 'tc qdisc add dev eth0 root netem loss 100%',
  },
  {
    id: 'tls-unchecked',
    level: 'moderate',
    why: 'Does not check which machine answers, so anybody on the way can read and change everything.',
    tools: tools(
      'curl wget git npm yarn pnpm node export python python3 pip pip3 env http https docker helm kubectl aws openssl',
    ),
    when: (c, o) => {
      const text = line(c)
      const set = [
        ...c.assignments.map((it) => `${it.name}=${it.value.text}`),
        ...(c.name === 'export' ? c.args.map((it) => it.text) : []),
      ]
      if (
        set.some((it) =>
          /^(?:GIT_SSL_NO_VERIFY=(?:1|true)|NODE_TLS_REJECT_UNAUTHORIZED=0|PYTHONHTTPSVERIFY=0|NPM_CONFIG_STRICT_SSL=false)$/i.test(
            it,
          ),
        )
      )
        return true
      if (c.name === 'git') return only(/\bhttp(?:\.[^ =]+)?\.sslverify[= ](?:false|0|no)\b/i.test(text))
      if (/^(?:npm|yarn|pnpm)$/.test(c.name)) return only(/strict-ssl[= ]false|strictSsl false/.test(text))
      if (c.name === 'aws') return only(/--no-verify-ssl/.test(text))
      if (c.name === 'kubectl' || c.name === 'helm')
        return only(/--insecure-skip-tls-verify(?:=true)?(?:\s|$)/.test(text))
      if (!/^(?:curl|wget|http|https)$/.test(c.name)) return undefined
      const near = o.operands.some((arg) =>
        /^(?:https?:\/\/)?(?:localhost|127\.|\[::1\]|10\.|192\.168\.|[\w.-]+\.(?:local|test|localhost|internal)\b)/.test(
          arg.text,
        ),
      )
      return only(
        !near &&
          (o.flag('insecure', 'no-check-certificate') ||
            (c.name === 'curl' && o.flag('k')) ||
            /--verify[= ]no/.test(text)),
      )
    },
    safer: byTool({ curl: without(/^(?:-k|--insecure)$/), wget: without(/^--no-check-certificate$/) }),
    example: 'curl -k https://x.example/f',
  },
  {
    id: 'host-unchecked',
    level: 'moderate',
    why: 'Logs in to any machine that answers, without checking that it is the right one.',
    tools: tools('ssh scp sftp rsync'),
    when: (c) => matching(c.args, /StrictHostKeyChecking[= ]no|StrictHostKeyChecking[= ]off/i),
    safer: { instead: 'StrictHostKeyChecking=accept-new' },
    example: 'ssh -o StrictHostKeyChecking=no host',
  },
  {
    id: 'serve-files',
    level: 'moderate',
    why: 'Shows everybody on the network every file of the system or of a home.',
    tools: tools('python python3 http-server serve php busybox ruby miniserve darkhttpd webfsd'),
    when: (c, o) => {
      const module = c.args.some((arg) => /^(?:http\.server|SimpleHTTPServer)$/.test(arg.text))
      if (/^python/.test(c.name) && !module) return undefined
      if (/^(?:php|ruby|busybox)$/.test(c.name) && !o.flag('S', 't')) return undefined
      // At an address of this machine nobody on the network can ask.
      if (c.args.some(({ text }) => /^(?:--bind=)?(?:127\.[\d.]+|localhost|\[?::1\]?)(?::\d+)?$/.test(text)))
        return undefined
      const given = c.args.filter((_arg, i) => /^(?:-d|--directory|-t)$/.test(c.args[i - 1]?.text ?? ''))
      const here = { text: '.', span: c.span, taint: 0 }
      const tops = given.length > 0 ? given : /^(?:python|php)/.test(c.name) ? [here] : o.operands
      return inPlace(c, tops, 'root', 'home', 'system', 'keys')
    },
    example: 'python3 -m http.server --directory /',
  },
]
