namespace Loyalty.Scoring;

/// <summary>How the quantile model uses its cut points.</summary>
public enum CutRule
{
    /// <summary>Score = 1 + the number of cuts strictly below the value: a value on a cut takes the lower bin.</summary>
    Exact,

    /// <summary>
    /// As the R package <c>rfm</c> does: every cut is raised by 1 and a bin holds <c>lower &lt;= value &lt; upper</c>, whatever the unit of the
    /// values, so that its published tables are matched row by row.
    /// </summary>
    RPackage,
}
