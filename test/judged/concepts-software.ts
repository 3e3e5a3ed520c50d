/**
 * Skills of people who write software, by field, the most common first. A line is one concept: its usual
 * spelling, which lower-cased is its id, then others; `ru:` and the like mark what is written in that
 * language.
 */
export const SOFTWARE: Record<string, string> = {
  web: `
    JavaScript | JS | java script | Javascript
    HTML | HTML5
    React | React.js | ReactJS
    TypeScript | TS | Typescript
    CSS | CSS3
    Node.js | NodeJS | Node
    PHP
    REST APIs | REST | RESTful APIs | REST API
    Vue | Vue.js | VueJS
    Angular | AngularJS
    WordPress | Wordpress
    Next.js | NextJS
    GraphQL
    Django
    Ruby on Rails | Rails | RoR
    Flask
    Laravel
    Tailwind CSS | Tailwind
    Svelte
    Web accessibility | a11y | accessibility
    WebRTC
    WebSockets | WebSocket
    Webpack
    React Native`,
  languages: `
    Python | Python 3 | python3 | ru:питон
    Java
    C++ | cpp | CPP
    C# | csharp | C Sharp
    SQL
    C
    Go | Golang | golang
    Rust | rustlang
    Bash | shell scripting
    Kotlin
    .NET | dotnet | DotNet | .NET Core
    R
    Ruby
    Spring Boot | Spring | SpringBoot
    Scala
    Swift
    Haskell
    Elixir
    Perl
    F# | fsharp
    MATLAB
    Julia
    Lua
    Clojure
    Erlang
    Objective-C | ObjC
    PowerShell
    ASP.NET
    COBOL
    Fortran
    Assembly | assembler
    OCaml
    Zig
    Groovy
    Common Lisp | Lisp
    Prolog`,
  data: `
    Machine Learning | ML | machine-learning | ru:машинное обучение | ja:機械学習 | zh:机器学习 | de:Maschinelles Lernen | es:aprendizaje automático | fr:apprentissage automatique | ar:تعلم الآلة | hi:मशीन लर्निंग
    PostgreSQL | Postgres | Postgresql | postgres | pgsql
    Pandas
    Data Science | ru:наука о данных | ja:データサイエンス | de:Datenwissenschaft
    PyTorch | torch
    MySQL
    Deep Learning | DL | ru:глубокое обучение | ja:深層学習 | zh:深度学习
    Large Language Models | LLMs | LLM
    TensorFlow | TF | Tensorflow
    Statistics | stats | ru:статистика | de:Statistik | es:estadística | hi:सांख्यिकी
    Excel | MS Excel | Microsoft Excel
    Natural Language Processing | NLP
    Redis
    MongoDB | Mongo
    Elasticsearch | Elastic Search | ElasticSearch
    Computer Vision | CV | ru:компьютерное зрение | ja:画像認識
    Data Engineering
    Apache Kafka | Kafka
    Apache Spark | Spark | PySpark
    scikit-learn | sklearn
    SQLite
    Power BI | PowerBI
    Tableau
    NumPy
    Prompt Engineering
    Apache Airflow | Airflow
    ClickHouse
    Reinforcement Learning | RL
    dbt
    Snowflake
    Time Series Forecasting
    Apache Cassandra | Cassandra
    Hadoop
    Bayesian Statistics`,
  operations: `
    Docker | ru:докер
    Linux | ru:линукс
    Git
    Kubernetes | K8s | k8s
    Amazon Web Services | AWS
    CI/CD | continuous integration
    DevOps | dev ops | Dev-Ops
    Terraform | TF
    Ansible
    Google Cloud | GCP | Google Cloud Platform
    Azure | Microsoft Azure
    Computer Networking | networking | networks
    Nginx | NGINX
    Prometheus
    Grafana
    Site Reliability Engineering | SRE
    Helm
    GitHub Actions
    Jenkins
    DNS
    Proxmox
    OpenStack
    FreeBSD
    IPv6`,
  security: `
    Information Security | InfoSec | infosec | ru:информационная безопасность
    Cryptography | crypto | ru:криптография | fr:cryptographie | es:criptografía | ja:暗号
    Penetration Testing | pentesting | pen testing
    Reverse Engineering
    Blockchain | ru:блокчейн
    OAuth | OAuth 2.0
    Threat Modeling | threat modelling
    Digital Forensics | forensics
    TLS | SSL/TLS
    Solidity
    Malware Analysis
    Zero Knowledge Proofs | ZK proofs | zero-knowledge proofs`,
  mobile: `
    Android | Android development
    iOS | iOS development
    Flutter
    Unity | Unity3D
    Game Development | gamedev | game dev | ru:разработка игр
    Blender | Blender 3D
    Game Design
    Unreal Engine | UE5 | Unreal
    SwiftUI
    Dart
    Godot
    3D Modeling | 3D modelling | 3D-Modellierung
    OpenGL
    Pixel Art
    Vulkan`,
  hardware: `
    Arduino
    Electronics | de:Elektronik | ru:электроника | ja:電子工学 | fr:électronique
    3D Printing | 3D-printing | 3D printers | de:3D-Druck
    Raspberry Pi | RPi
    Embedded Systems | embedded
    Robotics | robots | de:Robotik | es:robótica | ja:ロボット工学
    Soldering
    CAD | computer aided design
    PCB Design | circuit board design
    ESP32
    Ham Radio | amateur radio | de:Amateurfunk
    FPGA | FPGAs
    Signal Processing | DSP
    CNC Machining | CNC
    ROS | Robot Operating System
    Verilog
    Control Theory
    VHDL
    LoRa | LoRaWAN`,
}
