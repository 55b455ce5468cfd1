"""Pairs of the kinds in which answers of other graders' suites, and of models, first went wrong; grouped by kind."""

# Rows of a table stay whole.
# ruff: noqa: E501

YES: dict[str, list[tuple[str, str]]] = {
    "functions": [
        (r"\frac{1}{\cosh x}", r"\operatorname{sech} x"), (r"\sinh^{-1} 3", r"\operatorname{arsinh}(3)"), (r"\operatorname{arcsinh} 2", r"\ln(2+\sqrt5)"), ("2+csc(5x)", "2+cosec(5x)"),
        (r"\frac{3}{\sinh(2x)}", "3csch(2x)"), (r"\operatorname{artanh}\frac12", r"\frac12\ln 3"), ("7*sec(x)**2", "7sec^2(x)"), ("6", r"\Gamma(4)"), (r"\frac{\sqrt\pi}{2}", r"\Gamma\left(\frac32\right)"),
        ("g(n)", r"g\left(n\right)"), ("3(x+1)", r"3\left(x+1\right)"),
    ],
    "matrices": [
        (r"\begin{pmatrix}5&11\\11&25\end{pmatrix}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}\begin{pmatrix}1&3\\2&4\end{pmatrix}"), (r"\begin{pmatrix}32\\10\end{pmatrix}", r"2\begin{pmatrix}2&4\\1&1\end{pmatrix}\begin{pmatrix}2\\3\end{pmatrix}"),
        (r"\begin{pmatrix}13&8\\8&5\end{pmatrix}", r"\begin{pmatrix}1&1\\1&0\end{pmatrix}^6"), (r"\begin{pmatrix}x^2+1\\x\end{pmatrix}", r"\begin{pmatrix}x&1\\1&0\end{pmatrix}\begin{pmatrix}x\\1\end{pmatrix}"),
    ],
    "units": [
        ("65%", "65 pct"), (r"\frac{50}{7}\%", r"7 \frac17\%"), (r"50/7\%", r"\frac{50}{7} percent"), ("12.50", "12.50€"), ("12.50", "12.50 €"), ("€12.50", "12.5"), ("40", "£40"),
    ],
    "removable gaps": [("x+3", r"\frac{x^2-9}{x-3}"), ("x+2", r"\frac{x^2-4}{x-2}"), ("1", r"\frac{|x^2-9|}{|x-3||x+3|}"), ("2", r"\frac{2x-8}{x-4}")],
    "several names": [
        ("(2,9),(4,1)", "x=2, y=9 or x=4, y=1"), ("$u=3,v=8;u=5,v=2$", "(3,8),(5,2)"), ("(1,5),(2,6)", "1,5;2,6"), ("3:8", "PQ:QR=3:8"), ("$[ABC]:[DEF]=4:9$", "4:9"),
        (r"K(x)=\frac{x^2-6}{2}", r"\frac12 x^2-3"), ("(3,7),(7,3)", "(3,7),(7,3),(3,7)"),
    ],
    "equations": [
        (r"\frac1x+\frac1y=3", "x+y=3xy"), (r"y=\frac{x}{3x-1}", r"\frac1x+\frac1y=3"), (r"\frac{y-1}{x-2}=5", "y=5x-9"), ("-P_a(Q_1+Q_2)+P_bR=0", "P_a(Q_1+Q_2)-P_bR=0"),
    ],
    "said twice": [(r"45^\circ", r"45^\circ \text{ or } \frac{\pi}{4} \text{ radians}"), ("1/8", "1/8 or 0.125"), (r"\frac{\pi}{4}", "45° or π/4")],
    "sums with dots": [
        (r"\frac{n(n+1)}{2}", r"1+2+\cdots+n"), ("n^2", r"1+3+5+\dots+(2n-1)"), (r"2^{n+1}-1", r"1+2+4+\ldots+2^n"), ("n!", r"1\cdot2\cdot3\cdots n"), ("210", "1+2+...+20"), ("1093", "1+3+9+...+729"),
        (r"\frac{x^{n+1}-1}{x-1}", r"1+x+x^2+\dots+x^n"), (r"\sum_{k=1}^{n-1} k", r"1+2+\dots+(n-1)"), (r"\frac{n(n+1)}{2}", r"1+2+\dots+(n-1)+n"), (r"2^n n!", r"2\cdot4\cdots(2n)"),
    ],
    "yes and no": [
        (r"\text{Yes}", "Yes, Petra has such a plan."), (r"\text{No, the ant cannot reach the corner.}", r"\text{No}"), ("Yes", "Yes, such integers n greater than one exist."), ("Yes", "Yes, for all n"),
        ("No, there does not exist such a board.", "No, such a board does not exist."),
    ],
    "writing": [
        (r"\binom{12}{5}", r"(12 \choose 5)"), (r"{9 \choose 2}{7\choose 3}", r"\binom92\binom73"), (r"(0,4) \cup (4,16)", r"\left(0,4\right) \cup \left(4,16\right)"), (r"\frac23", r"\frac{\cancel{4}2}{\cancel{6}3}"),
    ],
}  # fmt: skip

NO: dict[str, list[tuple[str, str]]] = {
    "functions": [(r"\operatorname{sech} x", r"\operatorname{csch} x"), (r"\operatorname{arcsinh} 2", r"\ln(2+\sqrt3)"), ("24", r"\Gamma(4)"), ("7sec^2(x)", "7sec(x^2)"), ("5 sec", "5 sec^2")],
    "matrices": [
        (r"\begin{pmatrix}5&11\\11&25\end{pmatrix}", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}\begin{pmatrix}1&2\\3&4\end{pmatrix}"), (r"\begin{pmatrix}1&1\\1&0\end{pmatrix}", r"\begin{pmatrix}1&1\\1&0\end{pmatrix}^2"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}\begin{pmatrix}1\\2\end{pmatrix}"),
    ],
    "units": [(r"\frac{50}{7}\%", r"\frac{7}{50}\%"), ("12.50", "12.05€"), ("5", r"\cancel{5}"), ("5", r"\cancel{5} 6")],
    "removable gaps": [("x+3", r"\frac{x^2-9}{x+3}"), ("x+2", r"\frac{x^2-4}{x-2}+\frac{1}{100}")],
    "several names": [
        ("(2,9),(4,1)", "x=2, y=9 or x=4, y=2"), ("(2,9),(4,1)", "x=9, y=2 or x=1, y=4"), ("(1,5),(2,6)", "1,2;5,6"), ("3:8", "PQ:QR=8:3"), (r"K(x)=\frac{x^2-6}{2}", r"\frac12 x^2-6"), ("(3,7),(7,3)", "(3,7),(3,7)"),
    ],
    "equations": [(r"\frac1x+\frac1y=3", "x+y=2xy"), (r"y=\frac{x}{3x-1}", r"\frac1x-\frac1y=3"), (r"\frac{y}{x}=2", "x=2y"), ("x=y", "x^2=xy")],
    "said twice": [(r"45^\circ", "45° or π/3"), ("1/8", "1/8 or 0.12"), ("1/8", "1/8 or 1/4"), ("12", "12 and 13"), ("12", "12, 13 or twelve")],
    "sums with dots": [
        (r"\frac{n(n-1)}{2}", r"1+2+\cdots+n"), ("n^2+1", r"1+3+5+\dots+(2n-1)"), ("211", "1+2+...+20"), ("(n+1)!", r"1\cdot2\cdot3\cdots n"), (r"2^{n}-1", r"1+2+4+\ldots+2^n"), ("55", "1+4+...+25"),
    ],
    "yes and no": [
        ("Yes", "Yes if n is even"), ("Yes", "Yes, but actually no"), ("Yes", "Yes and no"), ("Yes, Petra wins", "Yes, Quentin wins"), ("No", "No root"), ("No", "No idea at all"), ("Yes", "Yes only for n = 3"), ("Yes", "Yes, for n > 2"),
        ("No", "No wait, yes"), ("Yes", "Yes unless n is prime"),
    ],
    "choice": [("C", "(A) or (C)"), ("C", "C. no wait, D"), ("C", "(A) and (C)"), ("(B)", r"(A) \text{ or } (B)"), ("B", "A. not sure, maybe B")],
    "writing": [(r"\binom{12}{5}", r"(5 \choose 12)"), (r"(0,4) \cup (4,16)", r"\left(0,4\right) \cup \left(4,15\right)"), ("42", "1e999999999")],
}  # fmt: skip

RESPONSES: list[tuple[str, str, bool]] = [
    *((gold, answer, True) for gold, answer in (
        ("17", r"Adding up, $8 + 9 = \boxed{17}$, as was asked."), ("17", r"We get $5^{40} \equiv \boxed{17} \pmod{23}$."), ("(4,9)", r"so $(a,b)=\boxed{(4,9)}.$"),
        ("x\\in[3,8]", r"x \in \boxed{[3,8]}"), ("6, 11", r"It is $\boxed{6}$ or $\boxed{11}$."), ("17", "Final Answer: The final answer is 17. I hope it is correct."),
        ("17", "**Answer:** 17."), ("2900", "Answer: 2,900"), ("17", "<answer>17</answer>"), ("17", "so\n\n<answer> 17 </answer>"), ("B", r"Therefore, the answer is $\boxed{B. 4x}$."),
        (r"\frac{3}{8}", "The answer is $\\frac{3}{8}.$"), (r"\begin{pmatrix}2\\7\end{pmatrix}", "\\boxed{\n\\begin{pmatrix} 2 \\\\ 7 \\end{pmatrix}\n}.\n\\end{align*}"), ("9", r"5+\boxed{4}"),
    )),
    *((gold, answer, False) for gold, answer in (
        ("17", r"\boxed{17} or \boxed{18}"), ("17", r"\boxed{17"), ("17", r"The answer is \boxed{17"), ("17", r"\boxed{18} (we had 17 before)"), ("17", "The answer is not 17"), ("4", r"5+\boxed{4}"),
        ("17", "The answer is 17 or 18"), ("17", "<answer>17</answer> <answer>18</answer>"), ("17", "The expected answer is 17.\n\\boxed{18}"), ("17", r"\boxed{}"),
    )),
]  # fmt: skip
"""A gold answer, a text that is more than an answer, and whether its final answer is the gold one."""
