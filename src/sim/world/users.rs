//! The people who use the mainframe.

#[rustfmt::skip]
/// User ids, as sessions carry them.
pub const USERS: [&str; 60] = [
    "a.adeyemi", "a.bianchi", "a.kowalska", "a.lindgren", "b.carvalho", "b.hughes", "b.okafor", "c.dubois",
    "c.nakamura", "c.rossi", "d.ferreira", "d.hoffmann", "d.murphy", "e.jansen", "e.papadaki", "e.schneider",
    "f.almeida", "f.chen", "f.oconnor", "g.ivanova", "g.martin", "g.santos", "h.bauer", "h.kim",
    "h.svensson", "i.costa", "i.novak", "i.walker", "j.garcia", "j.mbeki", "j.virtanen", "k.andersen",
    "k.patel", "k.yilmaz", "l.bergmann", "l.nguyen", "l.silva", "m.dvorak", "m.jones", "m.tanaka",
    "n.fischer", "n.lopez", "n.popescu", "o.eriksson", "o.haddad", "p.moreau", "p.singh", "p.wagner",
    "q.zhang", "r.davies", "r.keller", "r.medina", "s.horvath", "s.larsen", "s.rahman", "t.brown",
    "t.kovacs", "u.meyer", "v.petrov", "w.taylor",
];
