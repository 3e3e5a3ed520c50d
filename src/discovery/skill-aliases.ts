/**
 * Names that mean the same skill, one skill a line; `SKILL_ALIASES` adds to them. A name may be in several
 * lines: `tf` is either. Case, accents, blanks and plural do not count (src/profiles/words.ts).
 */
export const skillAliases: string = `
  javascript = js = ecmascript = java script = vanilla js
  typescript = ts
  python = py = python 3 = python3 = питон
  c++ = cpp = c plus plus = cplusplus = c++11 = c++17 = c++20
  c# = csharp = c sharp
  f# = fsharp = f sharp
  .net = dotnet = dot net = .net core = asp.net
  visual basic = vb = vb.net
  objective-c = objc = obj-c
  go = golang
  rust = rustlang = rust lang
  ruby on rails = rails = ror
  kubernetes = k8s = kube
  kubernetes = k3s
  postgresql = postgres = psql = pgsql = postgre sql
  mysql = mariadb
  microsoft sql server = mssql = sql server = ms sql
  mongodb = mongo
  elasticsearch = elastic search = opensearch
  amazon web services = aws
  google cloud = gcp = google cloud platform
  microsoft azure = azure
  machine learning = ml = machinelearning = машинное обучение = 機械学習 = 机器学习 = maschinelles lernen = aprendizaje automático = apprentissage automatique
  deep learning = dl = глубокое обучение = 深層学習 = 深度学习
  artificial intelligence = ai = ki = ии = искусственный интеллект = 人工知能 = 人工智能
  natural language processing = nlp
  computer vision = cv = machine vision = компьютерное зрение
  large language models = llm = llms = large language model
  retrieval augmented generation = rag
  reinforcement learning = rl
  neural networks = nn = neural nets = нейронные сети
  tensorflow = tf
  terraform = tf
  pytorch = torch
  scikit-learn = sklearn = scikit
  hugging face = huggingface
  data science = наука о данных = データサイエンス = 数据科学
  data analysis = data analytics = анализ данных = データ分析
  statistics = stats = статистика
  node.js = node = nodejs
  react = reactjs = react.js
  react native = rn
  vue.js = vue = vuejs
  angular = angularjs = angular.js
  next.js = nextjs
  svelte = sveltekit
  nestjs = nest.js = nest
  express = expressjs = express.js
  d3.js = d3
  html = html5
  css = css3
  web development = web dev = webdev = веб-разработка = webentwicklung
  programming = programmierung = programmation = программирование = プログラミング
  front end = frontend = front-end
  back end = backend = back-end
  full stack = fullstack
  continuous integration = ci
  ci/cd = cicd
  infrastructure as code = iac
  site reliability engineering = sre
  devops = dev ops
  user experience = ux = ux design
  user interface = ui = ui design
  object oriented programming = oop
  test driven development = tdd
  quality assurance = qa
  rest = rest api = restful = rest apis
  webassembly = wasm
  operating systems = os
  linux = gnu/linux = линукс
  mac os = macos = osx = os x
  shell scripting = shell = bash
  regular expressions = regex = regexp
  version control = vcs
  github actions = gh actions
  raspberry pi = rpi = raspi
  internet of things = iot
  virtual reality = vr
  unreal engine = ue = ue4 = ue5 = unreal
  augmented reality = ar
  3d printing = 3d print = additive manufacturing
  computer aided design = cad
  fpga = fpgas
  penetration testing = pentesting = pentest = pen testing
  information security = infosec = cybersecurity = cyber security = it security
  reverse engineering = reversing
  public key infrastructure = pki
  zero-knowledge proofs = zkp = zk = zero knowledge
  peer to peer = p2p = peer-to-peer
  search engine optimization = seo
  project management = pm
  product management = pm
  human resources = hr
  adobe photoshop = photoshop
  adobe illustrator = illustrator
  microsoft excel = excel = ms excel
  english = английский = englisch = inglés = anglais
  german = deutsch = немецкий = alemán = allemand
  french = français = französisch = французский = francés
  hindi = हिन्दी = хинди
  spanish = español = castellano = spanisch = испанский = espagnol
  italian = italiano = italienisch
  portuguese = português = portugiesisch
  russian = русский = русский язык = russisch
  ukrainian = українська = українська мова
  polish = polski
  chinese = 中文 = mandarin
  japanese = 日本語
  korean = 한국어
  arabic = العربية
  mathematics = math = maths = mathe = mathematik = математика = 数学 = गणित
  physics = физика = physik
  chemistry = химия = chemie
  biology = биология = biologie
  beekeeping = imkerei = apiculture
  translation = translating = перевод = übersetzung
  photography = photo = photos = fotografía = photographie = fotografie = фотография = 写真 = 摄影
  cooking = cookery = кулинария = kochen = 料理 = 烹饪
  chess = шахматы = schach = ajedrez = échecs = チェス
  cryptography = crypto = криптография = kryptographie = 暗号
  graphic design = grafikdesign = графический дизайн = التصميم الجرافيكي
  music theory = теория музыки = musiktheorie
  gardening = садоводство = gartenarbeit
  economics = экономика = wirtschaft = 経済学
  law = право = recht = derecho
  contract law = vertragsrecht = договорное право
  accounting = bookkeeping = бухгалтерия = buchhaltung = comptabilité
  electronics = elektronik = электроника = électronique
  spring boot = spring
  go (game) = board game of go = baduk = weiqi = 囲碁 = 围棋
  history = история = geschichte
  design = дизайн
  bicycle repair = bike repair
  woodworking = wood work = holzarbeit = столярное дело
  first aid = erste hilfe
`
