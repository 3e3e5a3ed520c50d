/** Skills of offices, sciences, care and languages; as in concepts-software.ts. */
export const KNOWLEDGE: Record<string, string> = {
  business: `
    Project Management | PM | project manager | ru:управление проектами | es:gestión de proyectos | de:Projektmanagement
    Marketing | ru:маркетинг
    Product Management
    Accounting | ru:бухгалтерия | de:Buchhaltung | es:contabilidad | hi:लेखांकन
    Sales | selling | de:Vertrieb
    Scrum
    Agile
    Public Speaking | ru:ораторское искусство
    SEO | search engine optimization | search engine optimisation
    Copywriting | copy writing
    Technical Writing | tech writing
    Negotiation | negotiating
    Human Resources | HR
    Recruiting | recruitment
    Logistics | ru:логистика
    Supply Chain Management | supply chain
    Fundraising
    Bookkeeping | book-keeping
    Financial Modeling | financial modelling
    Grant Writing
    Real Estate
    Algorithmic Trading | algo trading
    Actuarial Science`,
  law: `
    Contract Law | de:Vertragsrecht
    Data Protection | GDPR | de:Datenschutz
    Tax Law | de:Steuerrecht
    Labor Law | labour law | employment law
    Patent Law | patents
    Copyright Law | copyright
    Immigration Law
    Mediation`,
  science: `
    Mathematics | maths | math | ru:математика | de:Mathematik | hi:गणित | ar:الرياضيات | ja:数学
    Physics | ru:физика | de:Physik | hi:भौतिकी | ar:الفيزياء
    Biology | de:Biologie
    Chemistry | ru:химия | de:Chemie
    Linear Algebra
    LaTeX | latex
    Bioinformatics | bio informatics | ru:биоинформатика
    Genetics
    Molecular Biology
    Neuroscience
    GIS | geographic information systems
    Climate Science | climatology
    Quantum Computing | quantum computers
    Quantum Mechanics
    Organic Chemistry
    Game Theory
    Graph Theory
    Number Theory
    Geology
    Meteorology
    Remote Sensing
    Epidemiology
    Category Theory
    CRISPR`,
  care: `
    Teaching | teacher | ru:преподавание | de:Unterrichten | ja:教育
    Mentoring | mentor | mentorship
    Nursing | nurse
    Yoga | hi:योग | ru:йога
    Nutrition | nutritionist
    Childcare | child care
    Tutoring
    Physiotherapy | physical therapy
    Psychotherapy | de:Psychotherapie
    Massage
    Sign Language
    Speech Therapy
    Midwifery
    Pharmacology
    Special Education`,
  tongues: `
    English | de:Englisch | es:inglés | ru:английский язык | ja:英語 | zh:英语 | ar:اللغة الإنجليزية | hi:अंग्रेज़ी
    German | Deutsch | german language
    Spanish | español | es:español
    Translation | translations | translator | ru:перевод | ja:翻訳 | zh:翻译 | hi:अनुवाद | ar:ترجمة | es:traducción
    French | français | fr:français
    Proofreading | proof-reading
    Russian | русский язык | ru:русский язык
    Japanese | 日本語 | ja:日本語
    Chinese | 中文 | Mandarin | zh:中文
    Arabic | اللغة العربية | ar:اللغة العربية
    Interpreting
    Portuguese | português
    Italian | italiano
    Hindi | हिन्दी | hi:हिन्दी
    Turkish | Türkçe
    Korean | 한국어
    Polish | polski
    Ukrainian | українська
    Latin | latin language
    Esperanto`,
}
