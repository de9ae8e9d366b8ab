//! The subset of docs/powershell.md as a tree of its own. What is outside of it is refused here, before anything runs.

use tree_sitter::{Node, Parser};

/// A statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Assign(String, Pipeline),
    Pipeline(Pipeline),
    If(Vec<(Pipeline, Vec<Self>)>, Vec<Self>),
    Try { body: Vec<Self>, catch: Option<Vec<Self>>, finally: Vec<Self> },
    Throw(Pipeline),
    Exit(Pipeline),
}

/// An expression or a command, and the commands behind it.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) first: First,
    pub(crate) rest: Vec<Command>,
}

/// What a pipeline begins with.
#[derive(Clone, Debug)]
pub(crate) enum First {
    Expression(Expression),
    Command(Command),
}

/// One call of a cmdlet, or of a program or script by its path.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) target: Target,
    pub(crate) arguments: Vec<Argument>,
    /// All streams go to the output (`*>&1`).
    pub(crate) merged: bool,
}

/// What is called.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Named(String),
    Path(Box<Expression>),
}

/// One word behind a command.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    /// The name without its dash, and the value that a colon binds to it.
    Parameter(String, Option<Expression>),
    Value(Expression),
    Splat(String),
}

/// A script block: the names of its parameters, and what it does.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) parameters: Vec<String>,
    pub(crate) body: Vec<Statement>,
}

/// An expression.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    Text(String),
    Number(i64),
    Variable(String),
    Type(String),
    Member(Box<Self>, String),
    Call(Box<Self>, String, Vec<Self>),
    Cast(String, Box<Self>),
    Not(Box<Self>),
    Binary(String, Box<Self>, Box<Self>),
    List(Vec<Self>),
    ArrayOf(Vec<Statement>),
    Group(Box<Pipeline>),
    Table(Vec<(String, Pipeline)>),
    Block(std::rc::Rc<Block>),
}

/// Kinds of node that only carry one child on.
const CARRIERS: &[&str] = &[
    "additive_expression",
    "argument_expression",
    "array_literal_expression",
    "bitwise_argument_expression",
    "bitwise_expression",
    "cast_expression",
    "comparison_argument_expression",
    "comparison_expression",
    "additive_argument_expression",
    "expression_with_unary_operator",
    "format_argument_expression",
    "format_expression",
    "integer_literal",
    "logical_argument_expression",
    "logical_expression",
    "multiplicative_argument_expression",
    "multiplicative_expression",
    "path_command_name",
    "pipeline_chain",
    "range_argument_expression",
    "range_expression",
    "string_literal",
    "unary_expression",
    "left_assignment_expression",
];

/// Reads a script.
///
/// # Errors
/// What is outside the subset, with its line.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>, String> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).map_err(|error| error.to_string())?;
    let tree = parser.parse(text, None).ok_or("the grammar gave up")?;
    let reader = Reader { text };
    if tree.root_node().has_error() {
        return Err("outside the subset: the text cannot be parsed".to_owned());
    }
    reader.statements(tree.root_node())
}

struct Reader<'a> {
    text: &'a str,
}

type Read<T> = Result<T, String>;

impl<'a> Reader<'a> {
    fn words(&self, node: Node<'_>) -> &'a str {
        &self.text[node.byte_range()]
    }

    fn outside<T>(&self, node: Node<'_>) -> Read<T> {
        let line = node.start_position().row + 1;
        Err(format!("outside the subset: line {line}: {}: {}", node.kind(), self.words(node)))
    }

    /// The statements of a program, block or list. A block without any has none.
    fn statements(&self, node: Node<'_>) -> Read<Vec<Statement>> {
        let mut found = Vec::new();
        for child in named(node) {
            match child.kind() {
                "statement_list" | "script_block" | "script_block_body" | "statement_block" => {
                    found.extend(self.statements(child)?);
                }
                "param_block" | "comment" => {}
                "empty_statement" => {}
                _ => found.push(self.statement(child)?),
            }
        }
        Ok(found)
    }

    fn statement(&self, node: Node<'_>) -> Read<Statement> {
        match node.kind() {
            "pipeline" => match named(node).first() {
                Some(child) if child.kind() == "assignment_expression" => self.assignment(*child),
                _ => Ok(Statement::Pipeline(self.pipeline(node)?)),
            },
            "if_statement" => self.choice(node),
            "try_statement" => self.attempt(node),
            "flow_control_statement" => {
                let value = named(node).first().map(|child| self.pipeline(*child)).transpose()?;
                match (node.child(0).map(|word| word.kind()), value) {
                    (Some("throw"), Some(value)) => Ok(Statement::Throw(value)),
                    (Some("exit"), Some(value)) => Ok(Statement::Exit(value)),
                    _ => self.outside(node),
                }
            }
            _ => self.outside(node),
        }
    }

    fn assignment(&self, node: Node<'_>) -> Read<Statement> {
        let [left, operator, right] = named(node).try_into().or_else(|_| self.outside(node))?;
        match (self.expression(left)?, self.words(operator)) {
            (Expression::Variable(name), "=") => Ok(Statement::Assign(name, self.pipeline(right)?)),
            _ => self.outside(node),
        }
    }

    fn choice(&self, node: Node<'_>) -> Read<Statement> {
        let (mut branches, mut otherwise, mut condition) = (Vec::new(), Vec::new(), None);
        for child in named(node) {
            match child.kind() {
                "pipeline" => condition = Some(self.pipeline(child)?),
                "statement_block" => match condition.take() {
                    Some(condition) => branches.push((condition, self.statements(child)?)),
                    None => return self.outside(child),
                },
                "else_clause" => otherwise = self.statements(child)?,
                "comment" => {}
                _ => return self.outside(child),
            }
        }
        Ok(Statement::If(branches, otherwise))
    }

    fn attempt(&self, node: Node<'_>) -> Read<Statement> {
        let (mut body, mut catch, mut finally) = (Vec::new(), None, Vec::new());
        for child in named(node) {
            match child.kind() {
                "statement_block" => body = self.statements(child)?,
                "catch_clauses" => match named(child).as_slice() {
                    [clause] if named(*clause).len() == 1 => catch = Some(self.statements(*clause)?),
                    _ => return self.outside(child),
                },
                "finally_clause" => finally = self.statements(child)?,
                "comment" => {}
                _ => return self.outside(child),
            }
        }
        Ok(Statement::Try { body, catch, finally })
    }

    fn pipeline(&self, node: Node<'_>) -> Read<Pipeline> {
        let mut node = node;
        while node.kind() == "pipeline" {
            node = match named(node).as_slice() {
                [only] => *only,
                _ => return self.outside(node),
            };
        }
        if node.kind() != "pipeline_chain" {
            return self.outside(node);
        }
        let mut parts = named(node).into_iter();
        let Some(first) = parts.next() else { return self.outside(node) };
        let first = match first.kind() {
            "command" => First::Command(self.command(first)?),
            _ => First::Expression(self.expression(first)?),
        };
        Ok(Pipeline { first, rest: parts.map(|part| self.command(part)).collect::<Read<_>>()? })
    }

    fn command(&self, node: Node<'_>) -> Read<Command> {
        let (mut target, mut arguments, mut merged, mut bound) = (None, Vec::new(), false, false);
        for child in named(node) {
            match child.kind() {
                "command_name" => target = Some(Target::Named(self.words(child).to_owned())),
                "command_invokation_operator" if self.words(child) == "&" => {}
                "command_name_expr" => match named(child).as_slice() {
                    [path] => target = Some(Target::Path(Box::new(self.expression(*path)?))),
                    _ => return self.outside(child),
                },
                "command_elements" => {
                    for element in named(child) {
                        match element.kind() {
                            "command_argument_sep" => bound = self.words(element).contains(':'),
                            "redirection" if self.words(element) == "*>&1" => merged = true,
                            "command_parameter" => {
                                let name = self.words(element).trim_start_matches('-').to_owned();
                                arguments.push(Argument::Parameter(name, None));
                            }
                            "generic_token" => {
                                arguments.push(Argument::Value(Expression::Text(self.words(element).to_owned())));
                            }
                            _ => self.argument(element, bound, &mut arguments)?,
                        }
                    }
                }
                _ => return self.outside(child),
            }
        }
        let Some(target) = target else { return self.outside(node) };
        Ok(Command { target, arguments, merged })
    }

    fn argument(&self, node: Node<'_>, bound: bool, arguments: &mut Vec<Argument>) -> Read<()> {
        if let Some(name) = self.words(node).strip_prefix('@').filter(|name| name.chars().all(char::is_alphanumeric)) {
            arguments.push(Argument::Splat(name.to_owned()));
            return Ok(());
        }
        let value = self.expression(node)?;
        match arguments.last_mut() {
            Some(Argument::Parameter(_, slot @ None)) if bound => *slot = Some(value),
            _ if bound => return self.outside(node),
            _ => arguments.push(Argument::Value(value)),
        }
        Ok(())
    }

    fn expression(&self, node: Node<'_>) -> Read<Expression> {
        let children = named(node);
        match node.kind() {
            "verbatim_string_characters" => {
                let inner = self.words(node).strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
                inner.map_or_else(|| self.outside(node), |text| Ok(Expression::Text(text.replace("''", "'"))))
            }
            "decimal_integer_literal" => {
                self.words(node).parse().map_or_else(|_| self.outside(node), |number| Ok(Expression::Number(number)))
            }
            "variable" => match self.words(node).strip_prefix('$') {
                Some(name) if name == "_" || name.chars().all(char::is_alphanumeric) => {
                    Ok(Expression::Variable(name.to_owned()))
                }
                _ => self.outside(node),
            },
            "type_literal" => Ok(Expression::Type(self.words(node).trim_matches(['[', ']']).to_owned())),
            "member_access" | "invokation_expression" => self.member(node),
            "parenthesized_expression" => match children.as_slice() {
                [inner] => Ok(Expression::Group(Box::new(self.pipeline(*inner)?))),
                _ => self.outside(node),
            },
            "array_expression" => Ok(Expression::ArrayOf(self.statements(node)?)),
            "hash_literal_expression" => self.table(node),
            "script_block_expression" => self.block(node),
            "cast_expression" if children.len() == 2 => {
                let kind = self.words(children[0]).trim_matches(['[', ']']).to_owned();
                Ok(Expression::Cast(kind, Box::new(self.expression(children[1])?)))
            }
            "expression_with_unary_operator" if node.child_count() == 2 => match (node.child(0), children.as_slice()) {
                (Some(operator), [inner]) if self.words(operator) == "-not" => {
                    Ok(Expression::Not(Box::new(self.expression(*inner)?)))
                }
                _ => self.outside(node),
            },
            "array_literal_expression" if children.len() > 1 => {
                Ok(Expression::List(children.iter().map(|child| self.expression(*child)).collect::<Read<_>>()?))
            }
            kind if CARRIERS.contains(&kind) && node.child_count() == 1 => match node.child(0) {
                Some(only) => self.expression(only),
                None => self.outside(node),
            },
            kind if CARRIERS.contains(&kind) && node.child_count() == 3 => {
                let part = |at| node.child(at).map_or_else(|| self.outside(node), Ok);
                let operator = self.words(part(1)?).to_lowercase();
                let (left, right) = (self.expression(part(0)?)?, self.expression(part(2)?)?);
                Ok(Expression::Binary(operator, Box::new(left), Box::new(right)))
            }
            _ => self.outside(node),
        }
    }

    fn member(&self, node: Node<'_>) -> Read<Expression> {
        let children = named(node);
        let (Some(owner), Some(name)) = (children.first(), children.get(1)) else { return self.outside(node) };
        if name.kind() != "member_name" {
            return self.outside(node);
        }
        let (owner, name) = (Box::new(self.expression(*owner)?), self.words(*name).to_owned());
        if node.kind() == "member_access" {
            return Ok(Expression::Member(owner, name));
        }
        let list = children.get(2).map_or_else(Vec::new, |list| named(*list));
        let arguments = list.first().map_or_else(Vec::new, |list| named(*list));
        Ok(Expression::Call(owner, name, arguments.into_iter().map(|one| self.expression(one)).collect::<Read<_>>()?))
    }

    fn table(&self, node: Node<'_>) -> Read<Expression> {
        let mut entries = Vec::new();
        for entry in named(node).first().map_or_else(Vec::new, |body| named(*body)) {
            match named(entry).as_slice() {
                [key, value] if entry.kind() == "hash_entry" => {
                    entries.push((self.words(*key).to_owned(), self.pipeline(*value)?));
                }
                _ => return self.outside(entry),
            }
        }
        Ok(Expression::Table(entries))
    }

    fn block(&self, node: Node<'_>) -> Read<Expression> {
        let mut parameters = Vec::new();
        // On a line of its own the grammar puts it one level lower.
        let inner = named(node).into_iter().filter(|child| child.kind() == "script_block").flat_map(named);
        let all = named(node).into_iter().chain(inner);
        for child in all.filter(|child| child.kind() == "param_block") {
            for parameter in named(child).into_iter().flat_map(named) {
                parameters.push(self.words(parameter).trim_start_matches('$').to_owned());
            }
        }
        Ok(Expression::Block(std::rc::Rc::new(Block { parameters, body: self.statements(node)? })))
    }
}

fn named(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).collect()
}
