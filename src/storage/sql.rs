//! SQL that is put together at run time: text and bound values in order, for filters of free shape.
//!
//! Values are always bound. The text pieces are words of this program, never of a client.

use super::types::{DbId, IdSql, Json, JsonSql};
use crate::domain::Id;
use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Bool, HasSqlType, Integer, Nullable, Text};
use diesel::sqlite::Sqlite;
use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::rc::Rc;

/// Where the two databases spell the same thing differently.
#[derive(Debug)]
pub struct Dialect {
    /// Function: where a text stands in another one; 0 when nowhere.
    pub find: &'static str,
    /// The last characters of a text: before, between and behind text and number.
    pub tail: [&'static str; 3],
    /// The elements of a JSON list as rows `e(value)`: before and behind the list.
    pub each: [&'static str; 2],
    /// Put behind text that comes out of JSON, so that it is ordered by code point.
    pub by_code_point: &'static str,
    /// An identifier as hyphenated text: every `?` stands for the column.
    pub id_as_text: &'static str,
    /// An identifier out of its text, which the `?` stands for.
    pub text_as_id: &'static str,
    /// A column of a list without an identifier.
    pub no_id: &'static str,
    /// The members of a group where rows take long to send: many identifiers in one value, sixteen bytes each. The first `?`
    /// stands for the account, the second for the group.
    pub members_together: Option<&'static str>,
    /// The number of a new event: the first `?` stands for its place among those of the transaction, the second for the
    /// account. On PostgreSQL transactions that began later may end earlier, so the number is made from the
    /// transaction's own.
    pub next_sequence: &'static str,
    /// A condition on `sequence`: no transaction that is still running has a number as low.
    pub settled_sequences: &'static str,
    /// A condition on `sequence`: the next event would get a number as low or lower.
    pub sequences_ahead: &'static str,
    /// What is broken in the file, as rows of one text.
    pub broken_file: &'static str,
    /// Rows over which a total is spread: concurrent writers must not wait for one row.
    pub total_shards: u8,
    /// An INSERT may stand within another one (`WITH`), and both are checked when both are done.
    pub inserts_together: bool,
    /// Rows that one INSERT of many takes: a way to the server and back is long, a prepared statement short.
    pub rows_at_once: usize,
}

/// A part of a statement: words, or a value that is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Words(&'static str),
    Text(String),
    OptionalText(Option<String>),
    Bytes(Vec<u8>),
    Id(DbId),
    OptionalId(Option<DbId>),
    Integer(i32),
    BigInt(i64),
    Bool(bool),
    Json(Json),
    /// Something that the database computes, such as the next number.
    Computed(Vec<Piece>),
}

/// A statement with rows of the SQL types `ST`.
#[derive(Debug)]
pub struct Sql<ST> {
    pieces: Vec<Piece>,
    cacheable: bool,
    rows: PhantomData<fn() -> ST>,
}

impl<ST> Sql<ST> {
    pub fn new(words: &'static str) -> Self {
        Self { pieces: vec![Piece::Words(words)], cacheable: true, rows: PhantomData }
    }

    pub fn words(&mut self, words: &'static str) -> &mut Self {
        self.pieces.push(Piece::Words(words));
        self
    }

    pub fn text(&mut self, value: impl Into<String>) -> &mut Self {
        self.value(value.into())
    }

    pub fn id(&mut self, value: impl Into<DbId>) -> &mut Self {
        self.value(value.into())
    }

    pub fn integer(&mut self, value: i32) -> &mut Self {
        self.value(value)
    }

    pub fn bigint(&mut self, value: i64) -> &mut Self {
        self.value(value)
    }

    /// A value of whatever type, bound.
    pub fn value(&mut self, value: impl Into<Piece>) -> &mut Self {
        self.pieces.push(value.into());
        self
    }

    /// Another statement behind this one.
    pub fn append(&mut self, other: Sql<()>) -> &mut Self {
        self.cacheable &= other.cacheable;
        self.pieces.extend(other.pieces);
        self
    }

    /// `IN` one of some ids. Their number is filled up to a power of two with the last one, so that few statements have to be
    /// prepared.
    pub fn one_of(&mut self, ids: &[Id]) -> &mut Self {
        let Some(last) = ids.last() else { return self.words(" IN (NULL)") };
        let more = std::iter::repeat_n(last, ids.len().next_power_of_two() - ids.len());
        self.words(" IN ").row(ids.iter().chain(more).map(|id| DbId(*id).into()))
    }

    /// Words in which every `?` stands for something else; `fill` is told which one, from 0 on.
    pub fn template(&mut self, words: &'static str, mut fill: impl FnMut(&mut Self, usize)) -> &mut Self {
        for (place, words) in words.split('?').enumerate() {
            if place > 0 {
                fill(self, place - 1);
            }
            self.words(words);
        }
        self
    }

    /// The values of one row of an INSERT, in brackets.
    pub fn row(&mut self, values: impl IntoIterator<Item = Piece>) -> &mut Self {
        for (place, value) in values.into_iter().enumerate() {
            self.words(if place == 0 { "(" } else { ", " });
            self.pieces.push(value);
        }
        self.words(")")
    }

    /// Says that the words are the same wherever `N` names a statement: it is found again by that alone.
    pub fn fixed<N: 'static>(self) -> Cached<Fixed<N, ST>> {
        let fixed = Fixed { sql: self, name: PhantomData };
        debug_assert!(fixed.has_its_words(), "one name stands for two statements: {:?}", fixed.sql.pieces);
        Cached(fixed)
    }

    /// Leaves no prepared statement behind. Each connection keeps prepared statements for ever, so only a small
    /// closed set of shapes may stay.
    pub fn never_cached(&mut self) {
        self.cacheable = false;
    }
}

/// Rows of one INSERT that are worth preparing: with more there are too many shapes of it.
const FEW_ROWS: usize = 4;

/// An INSERT of whole rows, written out: diesel's own goes through a row five times before it is sent. `words` names the
/// columns in the order in which `values` gives them.
pub fn insert<R, V>(words: &'static str, rows: &[R], values: impl Fn(&R) -> V) -> Sql<()>
where
    V: IntoIterator<Item = Piece>,
{
    let mut sql = Sql::new(words);
    if rows.len() > FEW_ROWS {
        sql.never_cached();
    }
    for (place, row) in rows.iter().enumerate() {
        sql.words(if place == 0 { " VALUES " } else { ", " }).row(values(row));
    }
    sql
}

macro_rules! pieces {
    ($($from:ty => $piece:ident,)+) => {
        $(impl From<$from> for Piece {
            fn from(value: $from) -> Self {
                Self::$piece(value.into())
            }
        })+
    };
}

pieces! {
    &str => Text,
    &String => Text,
    Vec<u8> => Bytes,
    DbId => Id,
    Option<DbId> => OptionalId,
    i32 => Integer,
    i64 => BigInt,
    bool => Bool,
    String => Text,
    Option<String> => OptionalText,
    Json => Json,
}

impl From<Sql<()>> for Piece {
    fn from(sql: Sql<()>) -> Self {
        Self::Computed(sql.pieces)
    }
}

impl From<&Option<String>> for Piece {
    fn from(value: &Option<String>) -> Self {
        Self::OptionalText(value.clone())
    }
}

impl<ST> QueryId for Sql<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Sql<ST> {
    type SqlType = ST;
}

impl<ST, DB: Backend> QueryFragment<DB> for Sql<ST>
where
    Piece: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.cacheable {
            out.unsafe_to_cache_prepared();
        }
        self.pieces.iter().try_for_each(|piece| piece.walk_ast(out.reborrow()))
    }

    // Without going through all pieces to find out.
    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(self.cacheable)
    }
}

impl<DB> QueryFragment<DB> for Piece
where
    DB: Backend + HasSqlType<IdSql> + HasSqlType<JsonSql> + HasSqlType<Bool>,
    str: ToSql<Text, DB>,
    [u8]: ToSql<Binary, DB>,
    DbId: ToSql<IdSql, DB>,
    i32: ToSql<Integer, DB>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
    Option<String>: ToSql<Nullable<Text>, DB>,
    Option<DbId>: ToSql<Nullable<IdSql>, DB>,
    Json: ToSql<JsonSql, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        match self {
            Self::Words(words) => out.push_sql(words),
            Self::Text(value) => out.push_bind_param::<Text, str>(value)?,
            Self::OptionalText(value) => out.push_bind_param::<Nullable<Text>, Option<String>>(value)?,
            Self::Bytes(value) => out.push_bind_param::<Binary, [u8]>(value)?,
            Self::Id(value) => out.push_bind_param::<IdSql, DbId>(value)?,
            Self::OptionalId(value) => out.push_bind_param::<Nullable<IdSql>, Option<DbId>>(value)?,
            Self::Integer(value) => out.push_bind_param::<Integer, i32>(value)?,
            Self::BigInt(value) => out.push_bind_param::<BigInt, i64>(value)?,
            Self::Bool(value) => out.push_bind_param::<Bool, bool>(value)?,
            Self::Json(value) => out.push_bind_param::<JsonSql, Json>(value)?,
            Self::Computed(pieces) => pieces.iter().try_for_each(|piece| piece.walk_ast(out.reborrow()))?,
        }
        Ok(())
    }
}

/// A statement whose words never differ; see `Sql::fixed`.
pub struct Fixed<N, ST> {
    sql: Sql<ST>,
    name: PhantomData<fn() -> N>,
}

impl<N: 'static, ST> Fixed<N, ST> {
    /// Whether they are those that were seen first.
    fn has_its_words(&self) -> bool {
        thread_local! {
            static SEEN: RefCell<HashMap<TypeId, String>> = RefCell::default();
        }
        let mut words = String::new();
        write_words(&self.sql.pieces, &mut words);
        SEEN.with_borrow_mut(|seen| *seen.entry(TypeId::of::<N>()).or_insert_with(|| words.clone()) == words)
    }
}

fn write_words(pieces: &[Piece], words: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Words(more) => words.push_str(more),
            Piece::Computed(pieces) => write_words(pieces, words),
            _ => words.push('?'),
        }
    }
}

impl<N: 'static, ST> QueryId for Fixed<N, ST> {
    type QueryId = Fixed<N, ()>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<N, ST> Query for Fixed<N, ST> {
    type SqlType = ST;
}

impl<N, ST, DB: Backend> QueryFragment<DB> for Fixed<N, ST>
where
    Sql<ST>: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.sql.walk_ast(out)
    }
}

/// A statement of one text. diesel goes through all parts of a statement each time to find out whether it may be prepared,
/// and on PostgreSQL writes its text anew each time, which takes longer than all the rest that is done for it here.
pub struct Cached<T>(pub T);

thread_local! {
    /// The texts of such statements, by database and statement.
    static TEXTS: RefCell<HashMap<TypeId, Rc<str>>> = RefCell::default();
}

impl<T: QueryId> QueryId for Cached<T> {
    type QueryId = Cached<T::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
}

impl<T: Query> Query for Cached<T> {
    type SqlType = T::SqlType;
}

impl<T, DB> QueryFragment<DB> for Cached<T>
where
    T: QueryFragment<DB> + QueryId,
    DB: Backend + 'static,
    DB::QueryBuilder: Default,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn to_sql(&self, out: &mut DB::QueryBuilder, backend: &DB) -> QueryResult<()> {
        if !T::HAS_STATIC_QUERY_ID {
            return self.0.to_sql(out, backend);
        }
        let key = TypeId::of::<(DB, T::QueryId)>();
        let text = TEXTS.with_borrow(|texts| texts.get(&key).cloned());
        let text = match text {
            Some(text) => text,
            None => {
                let mut builder = DB::QueryBuilder::default();
                self.0.to_sql(&mut builder, backend)?;
                let text: Rc<str> = builder.finish().into();
                TEXTS.with_borrow_mut(|texts| texts.insert(key, Rc::clone(&text)));
                text
            }
        };
        out.push_sql(&text);
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// A `SELECT` that keeps its rows from others until the transaction ends. SQLite has one writer at a time and needs
/// no word for it.
pub struct Locked<T>(pub T);

impl<T: QueryId> QueryId for Locked<T> {
    type QueryId = Locked<T::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
}

impl<T: Query> Query for Locked<T> {
    type SqlType = T::SqlType;
}

impl<T: QueryFragment<Pg>> QueryFragment<Pg> for Locked<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" FOR UPDATE");
        Ok(())
    }
}

impl<T: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Locked<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

/// A `SELECT` that keeps its rows from being deleted until the transaction ends; others may do the same at once.
pub struct Shared<T>(pub T);

impl<T: QueryId> QueryId for Shared<T> {
    type QueryId = Shared<T::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
}

impl<T: Query> Query for Shared<T> {
    type SqlType = T::SqlType;
}

impl<T: QueryFragment<Pg>> QueryFragment<Pg> for Shared<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" FOR KEY SHARE");
        Ok(())
    }
}

impl<T: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Shared<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

// diesel runs only what says that it can be run.
impl<ST, C> diesel::RunQueryDsl<C> for Sql<ST> {}
impl<T, C> diesel::RunQueryDsl<C> for Cached<T> {}
impl<T, C> diesel::RunQueryDsl<C> for Locked<T> {}
impl<T, C> diesel::RunQueryDsl<C> for Shared<T> {}
