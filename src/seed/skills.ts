/** Skills as people spell them, the common ones first. */
const COMMON: readonly string[] = listOf(`
  Python, JavaScript, TypeScript, Machine Learning, SQL, Java, C++, Docker, Linux, React, Git, Go,
  Rust, Kubernetes, PostgreSQL, Data Science, Deep Learning, AWS, Node.js, C#, .NET, PyTorch,
  машинное обучение, LLM, Prompt Engineering, TensorFlow, Data Analysis, DevOps, HTML, CSS, WebRTC,
  Cryptography, Statistics, 日本語, Kotlin, Swift, PHP, Ruby, C, Bash, Redis, MongoDB, GraphQL, REST,
  Terraform, Ansible, Computer Vision, NLP, Reinforcement Learning, RAG, fine-tuning, Transformers,
  scikit-learn, Pandas, NumPy, Jupyter, R, MATLAB, Julia, Scala, Haskell, OCaml, Elixir, Erlang,
  Clojure, F#, Lua, Perl, Zig, Nim, Dart, Flutter, Objective-C, Assembly, WebAssembly, CUDA, OpenCL,
  Vulkan, OpenGL, Unity, Unreal Engine, Blender, Godot, Game Design, Vue.js, Angular, Svelte, Next.js,
  Django, FastAPI, Flask, Spring Boot, NestJS, Laravel, Ruby on Rails, gRPC, Kafka, RabbitMQ, NATS,
  Elasticsearch, ClickHouse, SQLite, MySQL, Oracle, Cassandra, Neo4j, Spark, Hadoop, Airflow, dbt,
  Snowflake, BigQuery, Tableau, Power BI, Excel, Google Cloud, Azure, Cloudflare, Nginx, Prometheus,
  Grafana, OpenTelemetry, CI/CD, GitHub Actions, Helm, eBPF, Networking, TCP/IP, BGP, DNS, P2P, libp2p,
  IPFS, Bitcoin, Solidity, Smart Contracts, Zero-Knowledge Proofs, Penetration Testing, OSINT,
  Reverse Engineering, Malware Analysis, Threat Modelling, Incident Response, GDPR, ISO 27001,
  Embedded Systems, Arduino, Raspberry Pi, FPGA, VHDL, Verilog, ROS, Robotics, PLC, CAD, SolidWorks,
  AutoCAD, KiCad, PCB Design, 3D Printing, CNC, Signal Processing, Control Theory, Physics, Chemistry,
  Biology, Bioinformatics, Genomics, Medicine, Neuroscience, Psychology, Economics, Econometrics,
  Accounting, Finance, Law, Patent Law, Project Management, Scrum, Kanban, Product Management, UX,
  UI Design, Figma, Adobe Photoshop, Illustration, Typography, Video Editing, DaVinci Resolve,
  Photography, Sound Design, Ableton Live, Music Theory, Writing, Technical Writing, Copywriting,
  Translation, Deutsch, English, Español, Français, Italiano, Português, Polski, русский язык,
  українська мова, Ελληνικά, Türkçe, 中文, 한국어, العربية, עברית, हिन्दी, Tiếng Việt, Esperanto,
  веб-разработка, анализ данных, программирование, 機械学習, データ分析, 深度学习, SEO, Marketing,
  Sales, Teaching, Public Speaking, Negotiation, Cooking, Gardening, Beekeeping, Woodworking, Welding,
  Bicycle Repair, Electronics Repair, First Aid, Chess, Go (game), Mathematics, Number Theory,
  Topology, Linear Algebra, Formal Verification, TLA+, Coq, Lean, Compilers, Operating Systems,
  Distributed Systems, Databases, llama.cpp, Ollama, vLLM, Stable Diffusion, Whisper, LangChain
`)

/** With a topic each, the long tail of what few people have. */
const TOOLS = COMMON.slice(0, 73)
const TOPICS = listOf(`
  Automation, Testing, Security, Performance, Debugging, Migration, Deployment, Monitoring, Refactoring,
  Training, Mentoring, Architecture, Code Review, Consulting, Internals, Plugins, Tooling, Packaging,
  Documentation, Integration, Benchmarking, Profiling, Observability, Backups, Replication, Scheduling,
  Caching, Parsing, Scripting, Prototyping, Accessibility, Localisation, Compliance, Auditing, Licensing,
  Visualisation, Simulation, Optimisation, Forecasting, Modelling, Scraping, Reporting, Streaming, Pipelines,
  Templates, Workshops, Certification, Support, Upgrades, Interop, Concurrency, Networking, Storage, Search,
  Messaging, Payments, Geodata, Imaging, Audio, Robotics, Games, Finance, Healthcare, Education, Agriculture,
  Astronomy, Chemistry, Genomics, Linguistics, Journalism, Energy, Railways, Shipping
`)

/** All skills there are, the common ones first: people are dealt more of those. */
export const skillNames: readonly string[] = [...COMMON, ...longTail()]

/** Every tool with every topic once, neighbours having neither in common. */
function longTail(): string[] {
  const size = Math.min(TOOLS.length, TOPICS.length)
  return Array.from({ length: size * size }, (_, at) => {
    const tool = TOOLS[at % size] ?? ''
    return `${tool} ${TOPICS[(at + Math.floor(at / size)) % size] ?? ''}`
  })
}

function listOf(text: string): string[] {
  return text.split(',').map((name) => name.trim())
}
