using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Clean;
using Loyalty.Identity;
using Loyalty.Programs;

namespace Loyalty.Tests.Clean;

public sealed class CleanPreparationTests
{
    private static readonly DateTime Day = new(2024, 5, 1, 9, 0, 0, DateTimeKind.Unspecified);

    private static CleanCatalog Catalog { get; } = CleanCatalog.Parse(
        """
        {"tenant":"t","currency":"PHP","timeZone":"Asia/Manila","fiscalYearStartMonth":7,"products":[
        {"name":"P2P","descriptionContains":"Papers","tag":"PaidP2P","profile":true,"enrollment":true,"manualAmount":800},{"name":"Canva","descriptionContains":"canva","tag":"Canva"}],
        "testEmails":["*@Example.com","test@*","a*b*c@x.ph"]}
        """);

    [Theory]
    [InlineData("2024-06-30", "2024-Q4")]
    [InlineData("2024-07-01", "2025-Q1")]
    [InlineData("2024-12-31", "2025-Q2")]
    [InlineData("2025-01-01", "2025-Q3")]
    public void A_fiscal_year_has_the_name_of_the_year_in_which_it_ends(string date, string quarter) =>
        Assert.Equal(quarter, Catalog.FiscalQuarter(DateOnly.ParseExact(date, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("x@example.com", true)]
    [InlineData("x@example.com.ph", false)]
    [InlineData("TEST@x.ph", true)]
    [InlineData("contest@x.ph", false)]
    [InlineData("abc@x.ph", true)]
    [InlineData("a-bb-c@x.ph", true)]
    [InlineData("acb@x.ph", false)]
    public void A_pattern_fits_the_whole_address(string email, bool fits) => Assert.Equal(fits, Catalog.FindTestPattern(EmailAddress.Parse(email, null)) is not null);

    [Fact]
    public void A_refund_subtracts_and_leaves_the_enrollment()
    {
        var result = Prepare([Paid("1", "a@x.ph", 1_000), Paid("2", "a@x.ph", -400) with { Kind = PaymentKind.Refund, Status = "SUCCESS", PaidAt = Day.AddDays(70) }], []);
        Assert.Equal("1", Assert.Single(result.Enrollments).ExternalId);
        Assert.Equal([("PAID", "2024-Q4", 1_000L), ("SUCCESS", "2025-Q1", -400L)], result.Revenue.Select(static r => (r.Status, r.FiscalQuarter, r.Amount)));
    }

    [Fact]
    public void Only_a_refund_is_no_purchase()
    {
        var result = Prepare([Paid("2", "a@x.ph", -400) with { Kind = PaymentKind.Refund }], [Contact("a@x.ph", "PaidP2P")]);
        Assert.Equal("manual:a@x.ph", Assert.Single(result.Enrollments).ExternalId);
    }

    [Fact]
    public void Two_payments_with_one_external_id_are_both_kept_and_the_earlier_keeps_the_id()
    {
        var result = Prepare([Paid("2", "a@x.ph", 5) with { ExternalId = "e", PaidAt = Day }, Paid("1", "b@x.ph", 6) with { ExternalId = "e", PaidAt = Day.AddDays(1) }], []);
        Assert.Equal([("e", "a@x.ph"), ("e#1", "b@x.ph")], result.Transactions.Select(static t => (t.ExternalId, t.Email)));
    }

    [Fact]
    public void The_first_of_a_day_is_the_one_of_the_earlier_time_whatever_its_id()
    {
        var result = Prepare(
            [Paid("a", "a@x.ph", 5) with { PaidAt = Day.AddMinutes(1) }, Paid("b", "a@x.ph", 5)],
            [Contact("a@x.ph", "late") with { Id = "1", FirstName = "Late", RegisteredAt = Day.AddMinutes(1) }, Contact("a@x.ph", "early") with { Id = "2", FirstName = "Early" }]);
        Assert.Equal("b", Assert.Single(result.Enrollments).ExternalId);
        var profile = Assert.Single(result.Profiles);
        Assert.Equal(("Early", "early", "early|late"), (profile.FirstName, profile.FirstSource, string.Join('|', profile.Tags)));
    }

    [Fact]
    public void A_tag_counts_as_a_whole_and_a_lead_has_no_tag_of_a_product_and_no_payment()
    {
        var result = Prepare([Paid("1", "d@x.ph", 5)], [Contact("a@x.ph", "CanvaInterest"), Contact("b@x.ph", "canva"), Contact("c@x.ph"), Contact("d@x.ph", "Web")]);
        Assert.Equal(["a@x.ph", "c@x.ph"], result.Leads.Select(static l => l.Email));
    }

    [Fact]
    public void A_sum_that_does_not_fit_is_an_overflow() =>
        Assert.Throws<OverflowException>(() => Prepare([Paid("1", "a@x.ph", long.MaxValue), Paid("2", "a@x.ph", 1)], []));

    [Fact]
    public void All_faults_of_a_catalogue_are_told_together()
    {
        var e = Assert.Throws<ProgramException>(static () => CleanCatalog.Parse("""{"tenant":"t","currency":"PHP","timeZone":"Asia/Manila","fiscalYearStartMonth":13,"products":[{"name":"A","descriptionContains":"a","tag":"T","manualAmount":0.001},{"name":"A","descriptionContains":"b","tag":"U","more":1}],"testEmails":[1]}"""));
        Assert.Equal(["$.fiscalYearStartMonth", "$.products[0].manualAmount", "$.products[1].more", "$.products[1].name", "$.testEmails[0]"], e.Faults.Select(static f => f.Path).Order(StringComparer.Ordinal));
        Assert.Throws<ProgramException>(static () => CleanCatalog.Parse("{"));
    }

    [Property(Arbitrary = [typeof(Records)])]
    public void The_result_does_not_depend_on_the_order_of_records_and_adds_up(PaymentRecord[] somePayments, ContactRecord[] someContacts)
    {
        var (payments, contacts) = (somePayments.DistinctBy(static p => p.Id).ToList(), someContacts.DistinctBy(static c => c.Id).ToList());
        var one = Prepare(payments, contacts);
        var other = Prepare([.. payments.AsEnumerable().Reverse()], [.. contacts.AsEnumerable().Reverse()]);
        Assert.Equal(one.Transactions, other.Transactions);
        Assert.Equal(one.Enrollments, other.Enrollments);
        Assert.Equal(one.Revenue, other.Revenue);
        Assert.Equal(one.Excluded, other.Excluded);
        Assert.Equal(one.Profiles.Select(static p => (p.Email, string.Join('|', p.Tags))), other.Profiles.Select(static p => (p.Email, string.Join('|', p.Tags))));
        Assert.Equal(one.Leads.Select(static l => l.Email), other.Leads.Select(static l => l.Email));

        // Every payment is a transaction, excluded or unpaid; revenue is the sum of the transactions; each enrollment has its profile.
        Assert.Equal(payments.Count, one.Transactions.Count(static t => !t.IsManual) + one.Excluded.Count(static e => e.Source == "payments") + one.Unpaid);
        Assert.Equal(one.Transactions.Sum(static t => t.Amount), one.Revenue.Sum(static r => r.Amount));
        Assert.Equal(one.Enrollments.Select(static e => e.Email).Distinct(), one.Profiles.Select(static p => p.Email));
        Assert.Empty(one.Leads.Select(static l => l.Email).Intersect(one.Transactions.Select(static t => t.Email)));
    }

    private static CleanResult Prepare(IReadOnlyList<PaymentRecord> payments, IReadOnlyList<ContactRecord> contacts) => CleanPreparation.Prepare(Catalog, payments, contacts, DateOnly.FromDateTime(Day).AddYears(1));

    private static PaymentRecord Paid(string id, string email, long amount) => new(id, id, PaymentKind.Payment, "PAID", amount, "Papers to profits", email, Day);

    private static ContactRecord Contact(string email, params string[] tags) => new(email, email, "", "", tags, Day);

    private static class Records
    {
        public static Arbitrary<PaymentRecord[]> Payments => Gen.ArrayOf(
            from id in Gen.Choose(1, 30)
            from buyer in Gen.Choose(0, 8)
            from status in Gen.Elements("PAID", "SETTLED", "EXPIRED", "success")
            from text in Gen.Elements("Papers to profits", "Canva", "else")
            from hours in Gen.Choose(0, 90)
            from amount in Gen.Choose(0, 5_000)
            select new PaymentRecord($"p{id}", $"e{id % 25}", PaymentKind.Payment, status, amount, text, buyer == 0 ? "" : buyer == 1 ? "test@x.ph" : $"u{buyer}@x.ph", status == "EXPIRED" ? null : Day.AddHours(hours))).ToArbitrary();

        public static Arbitrary<ContactRecord[]> Contacts => Gen.ArrayOf(
            from id in Gen.Choose(1, 12)
            from tag in Gen.Elements("PaidP2P", "Canva", "Web", "CanvaInterest")
            from hours in Gen.Choose(0, 90)
            select new ContactRecord($"c{id}", $"U{id % 10}@x.ph", $"N{id}", "", [tag], Day.AddHours(hours))).ToArbitrary();
    }
}
