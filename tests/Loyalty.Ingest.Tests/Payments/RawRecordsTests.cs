using Loyalty.Clean;
using Loyalty.Ingest.Payments;

namespace Loyalty.Tests.Ingest.Payments;

public sealed class RawRecordsTests
{
    private static CleanCatalog Catalog { get; } = CleanCatalog.Parse(
        """{"tenant":"t","currency":"PHP","timeZone":"Asia/Manila","products":[{"name":"P2P","descriptionContains":"papers","tag":"PaidP2P","profile":true,"enrollment":true}]}""");

    [Fact]
    public void A_transaction_takes_buyer_date_and_status_from_its_invoice()
    {
        RawItem[] items =
        [
            new(RawKind.Transaction, "txn_1", """{"id":"txn_1","type":"PAYMENT","status":"SUCCESS","reference_id":"e1","amount":1000,"currency":"PHP","created":"2024-05-01T00:00:00Z"}""", "u"),
            new(RawKind.Transaction, "txn_2", """{"id":"txn_2","type":"PAYMENT","status":"SUCCESS","reference_id":"none","amount":10.5,"currency":"PHP","created":"2024-05-01T20:00:00Z"}""", "u"),
            new(RawKind.Transaction, "txn_3", """{"id":"txn_3","type":"REFUND","status":"SUCCESS","reference_id":"e1","amount":300,"currency":"PHP","created":"2024-06-01T00:00:00Z"}""", "u"),
            new(RawKind.Transaction, "txn_4", """{"id":"txn_4","type":"PAYMENT","status":"FAILED","reference_id":"e4","amount":1000,"currency":"PHP","created":"2024-05-01T00:00:00Z"}""", "u"),
            new(RawKind.Transaction, "txn_5", """{"id":"txn_5","type":"DISBURSEMENT","status":"SUCCESS","reference_id":"e5","amount":1000,"currency":"PHP","created":"2024-05-01T00:00:00Z"}""", "u"),
            new(RawKind.Transaction, "txn_6", """{"id":"txn_6","type":"PAYMENT","status":"SUCCESS","reference_id":"e6","amount":1000,"currency":"USD","created":"2024-05-01T00:00:00Z"}""", "u"),
            new(RawKind.Invoice, "inv_1", """{"id":"inv_1","external_id":"e1","status":"SETTLED","description":"Papers to profits","paid_at":"2024-04-30T17:00:00Z","customer":{"email":"Ann@x.ph"}}""", "u"),
            new(RawKind.Invoice, "inv_9", """{"id":"inv_9","external_id":"e9","status":"EXPIRED","description":"Papers to profits","payer_email":"b@x.ph"}""", "u"),
        ];
        var rejects = new List<RawReject>();
        var payments = RawRecords.Payments(items, Catalog, rejects.Add).ToDictionary(static p => p.Id);
        Assert.Equal(new PaymentRecord("txn_1", "e1", PaymentKind.Payment, "SETTLED", 100_000, "Papers to profits", "Ann@x.ph", new DateTime(2024, 5, 1, 1, 0, 0)), payments["txn_1"]);
        Assert.Equal(new PaymentRecord("txn_2", "none", PaymentKind.Payment, "SUCCESS", 1_050, "", "", new DateTime(2024, 5, 2, 4, 0, 0)), payments["txn_2"]);
        Assert.Equal(new PaymentRecord("txn_3", "txn_3", PaymentKind.Refund, "SUCCESS", -30_000, "Papers to profits", "Ann@x.ph", new DateTime(2024, 6, 1, 8, 0, 0)), payments["txn_3"]);
        Assert.All((string[])["txn_4", "txn_5", "inv_9"], id => Assert.False(payments[id].IsPaid));
        Assert.Equal("another currency than PHP", Assert.Single(rejects).Reason);
        Assert.Equal(6, payments.Count);
    }

    [Fact]
    public void A_contact_has_its_names_in_fields_and_its_tags_by_name()
    {
        RawItem[] items =
        [
            new(RawKind.Contact, "7", """{"id":7,"email":"a@x.ph","registeredAt":"2024-01-01T20:00:00+00:00","fields":[{"slug":"first_name","value":"Ann"},{"slug":"surname","value":null}],"tags":[{"id":1,"name":"A"},{"id":2,"name":"B"}]}""", "u"),
            new(RawKind.Contact, "8", """{"id":8,"email":"a\u0000@x.ph","registeredAt":"2024-01-01T20:00:00Z","fields":[],"tags":[]}""", "u"),
            new(RawKind.Contact, "9", """{"id":9,"email":"\ud800@x.ph","registeredAt":"2024-01-01T20:00:00Z","fields":[],"tags":[]}""", "u"),
            new(RawKind.Contact, "10", """{"id":10,"email":"c@x.ph","registeredAt":"soon","fields":[],"tags":[]}""", "u"),
        ];
        var rejects = new List<RawReject>();
        var contact = Assert.Single(RawRecords.Contacts(items, Catalog, rejects.Add));
        Assert.Equal(("a@x.ph", "Ann", "", new DateOnly(2024, 1, 2)), (contact.Email, contact.FirstName, contact.LastName, contact.RegisteredOn));
        Assert.Equal(["A", "B"], contact.Tags);
        Assert.Equal(["8", "9", "10"], rejects.Select(static r => r.Item.Id));
    }

    [Theory]
    [InlineData("2024-03-31T17:00:00.000Z", "2024-04-01")]
    [InlineData("2024-03-31 17:00:00", "2024-03-31")]
    [InlineData("2024-03-31", "2024-03-31")]
    [InlineData("28 May 2023, 22:31:29", "2023-05-28")]
    [InlineData("2024-03-31T23:00:00+08:00", "2024-03-31")]
    [InlineData("01/02/2024", null)]
    [InlineData("", null)]
    public void A_time_with_an_offset_is_dated_in_the_zone_and_others_as_printed(string text, string? date)
    {
        RawItem[] items = [new(RawKind.InvoiceRow, "1", System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { ["Status"] = "paid", ["Amount"] = "₱1,000.00", ["Paid Timestamp"] = text, ["Email"] = "-", ["Customer Email"] = "a@x.ph" }), "f:2")];
        var rejects = new List<RawReject>();
        var payments = RawRecords.Payments(items, Catalog, rejects.Add);
        Assert.Equal(date, payments.SingleOrDefault()?.PaidOn?.ToString("O", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(date is null ? 1 : 0, rejects.Count);
        Assert.All(payments, static p => Assert.Equal((100_000, "a@x.ph"), (p.Amount, p.Email)));
    }

    [Fact]
    public void Files_of_rows_and_of_pages_keep_each_record_as_it_came()
    {
        var folder = Directory.CreateTempSubdirectory("loyalty-raw-");
        try
        {
            var csv = Path.Combine(folder.FullName, "c.csv");
            File.WriteAllText(csv, "Email,First name,Tag,Date Registered\nA@x.ph,\"Li, \"\"Z\"\"\",\"a,b\",2024-01-01\na@x.ph,B,,2024-01-02\n");
            var (rows, count) = RawFile.ReadContacts(csv, static (in _) => { });
            Assert.Equal(2, count);
            Assert.Equal(["a@x.ph", "a@x.ph#2"], rows.Select(static r => r.Id));
            Assert.Equal("""{"Email":"A@x.ph","First name":"Li, \"Z\"","Tag":"a,b","Date Registered":"2024-01-01"}""", rows[0].Json);
            Assert.Equal("c.csv:2", rows[0].From);
            var json = Path.Combine(folder.FullName, "p.json");
            File.WriteAllText(json, """{"has_more":true,"data":[{"id":"txn_1","reference_id":"e", "amount": 1.50}]}  [{"id":"inv_1","external_id":"e"}]""");
            var (pages, items) = RawFile.ReadPayments(json, static (in _) => { });
            Assert.Equal((2, RawKind.Transaction, RawKind.Invoice), (items, pages[0].Kind, pages[1].Kind));
            Assert.Equal("""{"id":"txn_1","reference_id":"e", "amount": 1.50}""", pages[0].Json);
            File.WriteAllText(json, """{"has_more":true,"data":[{"id":"txn_1","refer""");
            Assert.Throws<Loyalty.Ingest.SourceException>(() => RawFile.ReadPayments(json, static (in _) => { }));
            File.WriteAllText(json, """{"items":[]}""");
            Assert.Throws<Loyalty.Ingest.SourceException>(() => RawFile.ReadPayments(json, static (in _) => { }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
