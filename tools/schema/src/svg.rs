//! Diagrams of the tables: boxes in columns, and lines between related ones.

use std::fmt::Write as _;

use genledger::contract::table::ColumnDef;
use genledger::schema::registry::Domain;

use crate::of;
use crate::sections::{bases, own, shared, type_name};

const WIDTH: usize = 340;
const GAP: usize = 40;
const LINE: usize = 20;
const HEAD: usize = 30;
const ACROSS: usize = 4;

const STYLE: &str = "\
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1f2328}\
.head{font-weight:bold;fill:#fff}.type{fill:#59636e;text-anchor:end}.key{font-weight:bold}\
.box{fill:#fff;stroke:#8c959f}.bar{fill:#2f6f9f}.base{fill:#6e7781}\
.link{fill:none;stroke:#bc4c00;stroke-width:1.5}.note{fill:#bc4c00}";

struct TableBox {
    name: String,
    base: bool,
    /// Whether it belongs under the box before it.
    follows: bool,
    rows: Vec<(String, String, bool)>,
    x: usize,
    y: usize,
}

impl TableBox {
    fn new(name: &str, base: bool, columns: &[ColumnDef], key: &[&str]) -> Self {
        let row = |column: &ColumnDef| {
            let optional = if column.nullable { "?" } else { "" };
            let kind = format!("{}{optional}", type_name(column));
            (column.name.to_owned(), kind, key.contains(&column.name))
        };
        Self {
            name: name.to_owned(),
            base,
            follows: false,
            rows: columns.iter().map(row).collect(),
            x: 0,
            y: 0,
        }
    }

    fn height(&self) -> usize {
        HEAD + self.rows.len() * LINE + 6
    }
}

/// The picture of a domain. A base is a separate box, and its fields are not repeated.
#[must_use]
pub fn svg(domain: Domain) -> String {
    let entities = of(domain);
    let mut boxes = Vec::new();
    for base in bases(&entities) {
        let columns = shared(&entities, base);
        boxes.push(TableBox::new(
            &format!("{base}: in every table"),
            true,
            &columns,
            &["id"],
        ));
    }
    for entity in &entities {
        let table = entity.table;
        let columns = own(&entities, entity);
        let mut one = TableBox::new(table.name, false, &columns, table.primary_key);
        // A table with a reference is placed under its target, so that the line is short.
        let parent = entity.relations.iter().find_map(|relation| {
            let name = relation.table;
            boxes.iter().position(|other: &TableBox| other.name == name)
        });
        one.follows = parent.is_some();
        boxes.insert(parent.map_or(boxes.len(), |parent| parent + 1), one);
    }
    let (width, height) = place(&mut boxes);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
        escaped(domain.title()),
    );
    for entity in &entities {
        for relation in entity.relations {
            let ends = (
                find(&boxes, relation.table),
                find(&boxes, entity.table.name),
            );
            if let (Some(from), Some(to)) = ends {
                link(&mut text, from, to, relation.column);
            }
        }
    }
    for one in &boxes {
        draw(&mut text, one);
    }
    text.push_str("</svg>\n");
    text
}

/// Puts each box under the shortest column so far, and returns the size of the whole.
fn place(boxes: &mut [TableBox]) -> (usize, usize) {
    let across = ACROSS.min(boxes.len().max(1));
    let mut bottoms = vec![GAP; across];
    let mut last = 0;
    for one in boxes {
        if !one.follows {
            last = (0..across)
                .min_by_key(|column| bottoms[*column])
                .unwrap_or(0);
        }
        one.x = GAP + last * (WIDTH + GAP);
        one.y = bottoms[last];
        bottoms[last] += one.height() + GAP;
    }
    let height = bottoms.into_iter().max().unwrap_or(GAP);
    (GAP + across * (WIDTH + GAP), height)
}

fn find<'a>(boxes: &'a [TableBox], name: &str) -> Option<&'a TableBox> {
    boxes.iter().find(|one| one.name == name)
}

/// The middle of the row with this name, or of the head.
fn middle(one: &TableBox, row: &str) -> usize {
    let at = one.rows.iter().position(|(name, ..)| name == row);
    one.y + at.map_or(HEAD / 2, |at| HEAD + at * LINE + LINE / 2 + 3)
}

/// A line from box to box, leaving and arriving at the sides that face each other.
fn link(text: &mut String, from: &TableBox, to: &TableBox, column: &str) {
    let (start, end) = (middle(from, column), middle(to, column));
    let bend = GAP / 2;
    let path = if from.x == to.x {
        let side = from.x + WIDTH;
        format!("M{side} {start}h{bend}V{end}h-{bend}")
    } else if from.x < to.x {
        let (left, right) = (from.x + WIDTH, to.x);
        format!("M{left} {start}H{}V{end}H{right}", right - bend)
    } else {
        let (right, left) = (from.x, to.x + WIDTH);
        format!("M{right} {start}H{}V{end}H{left}", left + bend)
    };
    let _ = writeln!(text, "<path class=\"link\" d=\"{path}\"/>");
}

fn draw(text: &mut String, one: &TableBox) {
    let (x, y, height) = (one.x, one.y, one.height());
    let bar = if one.base { "base" } else { "bar" };
    let _ = writeln!(
        text,
        "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <rect class=\"{bar}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEAD}\"/>\n\
         <text class=\"head\" x=\"{}\" y=\"{}\">{}</text>",
        x + 10,
        y + 20,
        escaped(&one.name),
    );
    for (index, (name, kind, key)) in one.rows.iter().enumerate() {
        let at = y + HEAD + index * LINE + 17;
        let class = if *key { " class=\"key\"" } else { "" };
        let _ = writeln!(
            text,
            "<text{class} x=\"{}\" y=\"{at}\">{}</text>\
             <text class=\"type\" x=\"{}\" y=\"{at}\">{}</text>",
            x + 10,
            escaped(name),
            x + WIDTH - 10,
            escaped(kind),
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
