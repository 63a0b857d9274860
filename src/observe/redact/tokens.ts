// Finds tokens by their beginning or by a mark in them: one row for each issuer.

const HEX_UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const END = '(?![A-Za-z0-9])'

/**
 * A row for each issuer: beginnings of its tokens, as sources of regular expressions without groups; behind `+` the rest of the token, in which
 * every repetition is bounded or at its end; behind `~` a quick test for a line in lower case, if that is not the beginnings.
 *
 * Taken from the issuers' documentation and from the rules of the scanners gitleaks and trufflehog, as far as the form alone
 * shows that it is a secret. Tokens that look like digests or UUIDs need a name beside them.
 */
const ROWS = String.raw`
  1Password: A3- + [A-Z0-9]{6}-[A-Z0-9]{6}(?:-[A-Z0-9]{5}|[A-Z0-9]{5})(?:-[A-Z0-9]{5}){2,3}${END}
  1Password service accounts: ops_eyJ + [\w+/-]{100,}={0,3}
  Adobe: p8e- + [A-Za-z0-9]{32,}
  age: AGE-SECRET-KEY-(?:PQ-)?1 + [0-9A-Z]{50,} ~ age-secret-key
  Airtable: pat + [A-Za-z0-9]{14}\.[0-9a-f]{64,} ~ pat[a-z0-9]{14}\.
  Alibaba: LTAI + [A-Za-z0-9]{17,}
  Atlassian: ATATT3 ATBB + [\w=.-]{20,}
  Atlassian access: ATCTT3xFfG + [\w+/-]{20,}(?:=[A-Za-z0-9]{8})?
  AWS: AKIA ASIA ABIA ACCA + [A-Z0-9]{16}${END}
  AWS Bedrock: ABSK bedrock-api-key- + [A-Za-z0-9+/]{40,}={0,2}
  Azure: [\w~.]{3}\dQ~ + [\w~.-]{31,} ~ \dq~
  Buildkite: bkua_ + [a-z0-9]{40,}
  CircleCI: CCIPAT_ CCIPRJ_ + [A-Za-z0-9]{22}_[0-9a-f]{40,}
  ClickHouse: 4b1d + [A-Za-z0-9]{38}${END} ~ 4b1d[a-z0-9]{38}${END}
  Clojars: CLOJARS_ + [A-Za-z0-9]{50,}
  Cloudflare: cfut_ cfat_ cfk_ + [A-Za-z0-9]{40,}
  Cloudflare origin: v1\.0- + [0-9a-f]{24}-[0-9a-f]{100,}
  Contentful: CFPAT- + [\w-]{40,}
  Databricks: dapi + [0-9a-f]{32}(?:-\d)?
  Datadog: ddp_ ddw_ + [A-Za-z0-9]{36,}
  DigitalOcean: do[opr]_v1_ + [0-9a-f]{64,}
  Discord: [MNO] + (?=[A-Za-z]{0,23}\d)[A-Za-z0-9]{23,25}\.[\w-]{6}\.[\w-]{27,} ~ [mno][a-z0-9]{23,25}\.
  Docker Hub: dckr_pat_ dckr_oat_ + [\w-]{27,}
  Docker swarm: SWMTKN-1- + [a-z0-9]{50}-[a-z0-9]{25,}
  Docker swarm unlocking: SWMKEY-1- + [\w+/-]{40,}
  Doppler: dp\.(?:ct|pt|sa|scim|audit|st(?:\.[a-z0-9_-]{2,35})?)\. + [A-Za-z0-9]{40,} ~ dp\.
  Dropbox: sl\.(?:u\.)? + [\w=-]{100,} ~ sl\.[\w=.-]{100}
  Duffel: duffel_live_ duffel_test_ + [\w=-]{40,}
  Dynatrace: dt0[a-z]\d\d\. + [A-Z0-9]{24}\.[A-Z0-9]{64,}
  EasyPost: EZAK EZTK + [A-Za-z0-9]{54,}
  Facebook: EAA[MC] + [A-Za-z0-9]{100,}
  Figma: fig[dopu]_ + [\w=-]{40,}
  Flutterwave: FLWSECK(?:_TEST)?- + [0-9a-z]{12,32}(?:-X)? ~ flwseck
  Fly.io: fo1_ fm1[ar]_ fm2_ + [\w+/-]{43,}={0,3}
  Frame.io: fio-u- + [\w=-]{64,}
  GitHub: gh[pousr]_ + [A-Za-z0-9_]{30,}
  GitHub fine-grained: github_pat_ + \w{30,}
  GitLab: gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)- + [\w-]{20,}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7,9})? ~ gl[a-z]{2,5}-
  GitLab runners: GR1348941 + [\w-]{20,}
  Google API: AIza + [\w-]{35}
  Google access: ya29\. + [\w-]{20,}
  Google clients: GOCSPX- + [\w-]{20,}
  Google refresh: 1//0 + [\w-]{40,}
  Google storage: GOOG1E + [A-Z0-9]{50,}
  Grafana: glc_ + [A-Za-z0-9+/]{32,}={0,3}
  Grafana service accounts: glsa_ + [A-Za-z0-9]{32}_[0-9A-Fa-f]{8}
  Grafana API: eyJrIjoi + [A-Za-z0-9+/]{40,}={0,3}
  Groq: gsk_ + [A-Za-z0-9]{40,}
  Harness: pat\. sat\. + [\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20,}
  Terraform: [A-Za-z0-9]{14}\.atlasv1\. + [\w=-]{60,} ~ atlasv1
  Vault: hv[sbr]\. + [\w-]{20,}
  Vault before 1.10: [sbr]\. + (?=[A-Za-z]{0,23}\d)[A-Za-z0-9]{24}${END} ~ (?<![a-z0-9])[sbr]\.[a-z0-9]{24}${END}
  Heroku: HRKU- + [\w-]{36,}
  HubSpot: pat-(?:eu|na)\d- + ${HEX_UUID}
  Hugging Face: hf_ api_org_ + [A-Za-z0-9]{30,}
  Infracost: ico- + [A-Za-z0-9]{32,} ~ ico-[a-z0-9]{32}
  42: s-s4t2ud- s-s4t2af- + [0-9a-f]{64,}
  JFrog: AKCp cmVmd + [A-Za-z0-9]{55,}
  k3s: K10 + [0-9a-f]{64}::[\w:-]{8,} ~ k10[0-9a-f]{64}
  Karo: karo_[0-9a-f]{10}_ + [\w-]{43} ~ karo_
  LangSmith: lsv2_pt_ lsv2_sk_ + [0-9a-f]{32}_[0-9a-f]{10,}
  LaunchDarkly: sdk- api- mob- + [0-9a-z]{8}-(?:[0-9a-z]{4}-){3}[0-9a-z]{12}${END} ~ (?:sdk|api|mob)-[0-9a-z]{8}-
  Linear: lin_api_ lin_oauth_ + [A-Za-z0-9]{40,}
  Lob: live_ test_ + [0-9a-f]{35}${END} ~ (?:live|test)_[0-9a-f]{35}
  Mailchimp: [0-9a-f]{32}-us + \d{1,2} ~ [0-9a-f]-us\d
  Mailgun: key- + [0-9a-f]{32}${END} ~ key-[0-9a-f]{32}
  Mailgun signing: [0-9a-f]{32}- + [0-9a-f]{8}-[0-9a-f]{8}(?![\w-]) ~ [0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])
  Mapbox: sk\. + [\w.-]{80,} ~ (?<![a-z0-9])sk\.[\w.-]{80}
  MaxMind: [A-Za-z0-9]{6}_ + [A-Za-z0-9]{29}_mmk ~ _mmk
  Netlify: nfp_ + [A-Za-z0-9_]{30,}
  New Relic: NRAK- NRII- NRIQ- NRBR- NRSP- + [A-Za-z0-9_-]{19,}
  New Relic licences: [0-9a-f]{32} + FFFFNRAL ~ ffffnral
  Notion: ntn_ secret_ + [A-Za-z0-9]{43,} ~ (?:ntn|secret)_[a-z0-9]{43}
  npm: npm_ + [A-Za-z0-9]{30,} ~ npm_[a-z0-9]{30}
  NuGet: oy2 + [a-z0-9]{43}${END} ~ oy2[a-z0-9]{43}
  NVIDIA: nvapi- + [\w-]{50,}
  Octopus: API- + [A-Z0-9]{25,}${END} ~ api-[a-z0-9]{25}
  OpenAI, Anthropic, OpenRouter: sk- + (?=[\w-]{0,40}\d|(?:proj|admin|svcacct|service|ant|or)-)[\w-]{20,} ~ (?<![a-z0-9])sk-[\w-]{20}
  OpenShift: sha256~ + [\w-]{43,}
  Perplexity: pplx- + [A-Za-z0-9]{48,}
  Pinecone: pcsk_ + [A-Za-z0-9]{5,6}_[A-Za-z0-9]{60,}
  Plaid: access-sandbox- access-development- access-production- + ${HEX_UUID}
  PlanetScale: pscale_tkn_ pscale_pw_ pscale_oauth_ + [\w=.-]{32,}
  PostHog: phx_ + \w{40,}
  Postman: PMAK- + [A-Za-z0-9-]{50,}
  Prefect: pnu_ pnb_ + [A-Za-z0-9]{36,}
  Pulumi: pul- + [0-9a-f]{40,}
  PyPI: pypi- + [\w-]{30,}
  Razorpay: rzp_live_ rzp_test_ + [A-Za-z0-9]{14,}
  ReadMe: rdme_ + [a-z0-9]{70,}
  Replicate: r8_ + [\w-]{37,} ~ r8_[\w-]{37}
  Rootly: rootly_ + [0-9a-f]{64,}
  RubyGems: rubygems_ + [0-9a-f]{48,}
  Salesforce: 00[A-Za-z0-9]{13}! + [\w.]{60,} ~ 00[a-z0-9]{13}!
  Scalingo: tk-us- + [\w-]{48,}
  SendGrid: SG\. + [\w-]{16,32}\.[\w-]{16,}
  Sendinblue: xkeysib- xsmtpsib- + [0-9a-f]{64}-[A-Za-z0-9]{16,}
  Sentry: sntryu_ sntrys_ + [\w+/=]{40,}
  SettleMint: sm_[aps]at_ + [A-Za-z0-9]{16,}
  Shippo: shippo_live_ shippo_test_ + [0-9A-Fa-f]{40,}
  Shopify: shp(?:at|ca|pa|ss|tka)_ + [0-9A-Fa-f]{32,}
  Slack: (?:xoxe\.)?xox[a-z]- + [\w%-]{10,} ~ xox[a-z]-
  Slack apps: xapp- + [\w-]{10,}
  SonarQube: squ_ sqp_ sqa_ + [A-Za-z0-9]{40,}
  Sourcegraph: sgp_ + (?:local_|[0-9a-fA-F]{16}_)?[0-9a-fA-F]{40,}
  Sourcegraph licences: slk_ + [0-9a-f]{64,}
  Square: EAAA sq0[a-z]{3}- + [\w-]{22,} ~ eaaa[\w-]{22}|sq0[a-z]{3}-
  Stripe: [rs]k_live_ [rs]k_test_ [rs]k_prod_ + [A-Za-z0-9]{16,}
  Stripe web hooks: whsec_ + [A-Za-z0-9+/]{32,}
  Supabase: sbp_ sb_secret_ + [\w-]{30,}
  Tailscale: tskey- + [a-z]{1,16}-\w{1,40}-\w{20,}
  Twilio: SK + [0-9a-f]{32}${END} ~ (?<![a-z0-9])sk[0-9a-f]{32}
  Twitch: oauth: + [a-z0-9]{30,}
  Typeform: tfp_ + [\w=.-]{40,}
  xAI: xai- + \w{60,}
  Yandex: AQVN + [\w-]{35,}
  Yandex access: t1\. + [\w-]{40,200}={0,2}\.[\w-]{80,}={0,2}
  of services without a form of their own: [sr]k_ pat_ tok_ [a-z]{2,12}_(?:live|test)_ + (?=[A-Za-z_-]{0,40}\d)(?:[A-Za-z0-9]{1,12}[_-]){0,3}[A-Za-z0-9]{20,} ~ (?:[sr]k_|pat_|tok_|_live_|_test_)[\w-]{20}
  Zoho: 1000\. + [0-9a-f]{32}\.[0-9a-f]{32,}
`

const FORMS = [...ROWS.matchAll(/: (.+) \+ (\S+)(?: ~ (\S+))?$/gm)].map(
  ([, begins = '', rest = '', hint]) => {
    const beginnings = `(?:${begins.replaceAll(' ', '|')})`
    return { form: beginnings + rest, hint: hint ?? beginnings.toLowerCase() }
  },
)

/** Quick test for a line in lower case: without a match it has none of these tokens. */
export const TOKEN_HINT = new RegExp(FORMS.map(({ hint }) => hint).join('|'))

/** All forms in one global pattern, with the group `secret`. */
export const TOKEN = new RegExp(`(?<![A-Za-z0-9])(?<secret>${FORMS.map(({ form }) => form).join('|')})`, 'g')
