// Rules about the network: cutting the machine off, and not checking which machine is at the other end.
import { after, says } from '../../model.ts'
import { byTool, inPlace, type Rules, tools, without } from '../kit.ts'

export const NETWORK_RULES: Rules = [
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
      ip … addr|address|a flush|f
      ip … route|rule|ru|r flush|f !cache
      ovs-vsctl … del-br|emer-reset
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
      networkctl … delete
      ip … flush|f|flushall|deleteall !cache !show|list !neigh|neighbour|neighbor|n
      ip … neigh|neighbour|neighbor|n flush|f all
      ip … tunnel|tun del|delete
      ip … netns del|delete -a|--all
      conntrack -F|-D|--flush|--delete
      ipvsadm -C|-D|--clear|--delete-service
      dhclient -r|-x
      dhcpcd -k|-x|--release|--exit
      bridge … flush
      tc … del|delete
      brctl delbr|delif
      ovs-ofctl … del-*
      ipsec stop|down
      swanctl -t|--terminate
      birdc|birdcl disable|down`,
    example: 'tc qdisc add dev eth0 root netem loss 100%',
  },
  {
    id: 'tls-unchecked',
    level: 'moderate',
    why: 'Does not check which machine answers, so anybody on the way can read and change everything.',
    finds: `
      git ~unverified
      npm|yarn|pnpm ~lax
      aws --no-verify-ssl
      kubectl|helm --insecure-skip-tls-verify !--insecure-skip-tls-verify=false
      curl -k|--insecure !<near>
      wget|http|https --insecure|--no-check-certificate !<near>
      _ ~no !<near>
      git|npm|yarn|pnpm|aws|kubectl|helm|curl|wget|http|https|node|export|python|python3|pip|pip3|env|docker|openssl sets<off>`,
    named: {
      off: /^(?:GIT_SSL_NO_VERIFY=(?:1|true)|NODE_TLS_REJECT_UNAUTHORIZED=0|PYTHONHTTPSVERIFY=0|NPM_CONFIG_STRICT_SSL=false)$/i,
      unverified: /\bhttp(?:\.[^ =]+)?\.sslverify[= ](?:false|0|no)\b/i,
      lax: /strict-ssl[= ]false|strictSsl false/,
      no: /--verify[= ]no/,
      near: /^(?:https?:\/\/)?(?:localhost|127\.|\[::1\]|10\.|192\.168\.|[\w.-]+\.(?:local|test|localhost|internal)\b)/,
    },
    safer: byTool({ curl: without(/^(?:-k|--insecure)$/), wget: without(/^--no-check-certificate$/) }),
    example: 'curl -k https://x.example/f',
  },
  {
    id: 'host-unchecked',
    level: 'moderate',
    why: 'Logs in to any machine that answers, without checking that it is the right one.',
    finds: 'ssh|scp|sftp|rsync words<unchecked>',
    named: { unchecked: /StrictHostKeyChecking[= ](?:no|off)/i },
    safer: { instead: 'StrictHostKeyChecking=accept-new' },
    example: 'ssh -o StrictHostKeyChecking=no host',
  },
  {
    id: 'serve-files',
    level: 'moderate',
    given: 'high',
    why: 'Shows everybody on the network every file of the system or of a home.',
    tools: tools('python python3 http-server serve php busybox ruby miniserve darkhttpd webfsd'),
    when: (c, o) => {
      if (/^python/.test(c.name) && !says(c, /^(?:http\.server|SimpleHTTPServer)$/)) return undefined
      if (/^(?:php|ruby|busybox)$/.test(c.name) && !o.flag('S', 't')) return undefined
      // At an address of this machine nobody on the network can ask.
      if (says(c, /^(?:--bind=)?(?:127\.[\d.]+|localhost|\[?::1\]?)(?::\d+)?$/)) return undefined
      const given = after(c.args, /^(?:-d|--directory|-t)$/)
      const here = { text: '.', span: c.span, taint: 0 }
      const tops = given.length > 0 ? given : /^(?:python|php)/.test(c.name) ? [here] : o.operands
      return inPlace(c, tops, 'root', 'home', 'system', 'keys')
    },
    example: 'python3 -m http.server --directory /',
  },
]
